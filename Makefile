# make test    sets everything up and runs every check and test        make demo    sets up and runs the main job
# make help    lists the rest
PYTHON ?= python3.11
BACKEND := .venv/backend
BPY := .venv/bpy-
# the newest bpy wheel for the Python the backend runs on
DEMO_BPY := 5.0
# Blender 5.2's wheel is for Python 3.13: pyenv's, the system's, or none (then its tests are skipped, and say so)
PYTHON313 := $(shell command -v python3.13 >/dev/null 2>&1 && python3.13 -c 'import sys; print(sys.executable)' 2>/dev/null \
	|| ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13.*/bin/python3.13 2>/dev/null | tail -n 1)
OUT ?= out

.PHONY: help setup demo test test-slow check unit remote benchmarks blender blender-4.5 blender-5.0 blender-5.2 e2e window coverage evaluate evaluate-full train-draft zip publish presets lost-media lock clean
help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 16

setup: $(BACKEND)/.ready $(BPY)$(DEMO_BPY)/.ready  ## the backend's and Blender's environments

PIP := $(BACKEND)/bin/pip install --quiet --disable-pip-version-check
$(BACKEND)/.ready: requirements-dev.lock tools/requirements.py
	$(PYTHON) -m venv $(BACKEND)
	$(BACKEND)/bin/python tools/requirements.py locked > $(BACKEND)/locked.txt
	$(BACKEND)/bin/python tools/requirements.py torch > $(BACKEND)/torch.txt
	@echo "installing the backend's packages (torch and friends, a few minutes the first time)"
	$(PIP) --no-deps --require-hashes -r $(BACKEND)/locked.txt
	$(PIP) -r $(BACKEND)/torch.txt
	touch $@

UV := $(BACKEND)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11
lock: $(BACKEND)/.ready  ## write the three locks anew from pyproject.toml: versions and hashes for every system
	$(UV) --extra backend pyproject.toml -o requirements.lock
	$(UV) --extra backend --extra server --constraint requirements.lock pyproject.toml -o requirements-server.lock
	$(UV) --extra backend --extra server --extra dev --constraint requirements-server.lock pyproject.toml -o requirements-dev.lock

$(BPY)4.5/.ready: tools/setup_bpy.sh
	sh tools/setup_bpy.sh $(PYTHON) $(BPY)4.5 4.5.15
$(BPY)5.0/.ready: tools/setup_bpy.sh
	sh tools/setup_bpy.sh $(PYTHON) $(BPY)5.0 5.0.1
$(BPY)5.2/.ready: tools/setup_bpy.sh
	@if [ -n "$(PYTHON313)" ]; then sh tools/setup_bpy.sh $(PYTHON313) $(BPY)5.2 5.2.3; \
	else echo "SKIPPED: no Python 3.13 found, so nothing is tested in Blender 5.2 (set PYTHON313=...)"; fi

demo: setup  ## the whole path in headless Blender; results in out/demo
	$(BPY)$(DEMO_BPY)/bin/python -m demo --backend $(abspath $(BACKEND)/bin/python) --out $(OUT)/demo

# Suites at a time: one more than two cores, since each waits for processes, disks and timers.
JOBS ?= 3
SUITES := check unit window e2e blender-5.2 remote blender-5.0 blender-4.5 benchmarks  # the long ones first
# Tests sync and remove tens of thousands of small files, which takes no time in memory, where there is much of it.
TEMP := $(shell [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }')" -gt 8000000 ] 2>/dev/null \
	&& echo /dev/shm || echo "$${TMPDIR:-/tmp}")
test:  ## everything: lint, types, unit tests, tests in real Blender, end to end, in a window
	$(MAKE) -j $(JOBS) setup $(BPY)4.5/.ready $(BPY)5.2/.ready
	rm -rf $(COVERAGE)
	@temp=$$(mktemp -d $(TEMP)/mti-test-XXXXXX) && trap 'rm -rf "$$temp"' EXIT && trap 'exit 130' INT TERM && \
		DISK="$$TMPDIR" TMPDIR=$$temp $(MAKE) -j $(JOBS) $(SUITES)
	$(MAKE) coverage
	@echo "all checks and tests passed"

check: $(BACKEND)/.ready
	$(BACKEND)/bin/ruff check .
	$(BACKEND)/bin/ruff format --check .
	$(BACKEND)/bin/mypy

# Branch coverage of the unit tests and of those in the newest Blender; processes that tests start are not counted.
# So the server and the relay, which are processes of their own, are left out of it.
COVERAGE := out/coverage
ELSEWHERE := '*/mti_backend/server/*,*/client/remote/*'
FLOOR := 92
COVERED = --cov --cov-report= --cov-config=pyproject.toml
PYTEST := -m pytest --durations=20
QUICK = $(PYTEST) -m "not slow"
coverage: $(BACKEND)/.ready  ## what the last tests have covered, in percent; less than the floor is an error
	COVERAGE_FILE=$(COVERAGE)/.coverage $(BACKEND)/bin/coverage combine --keep --quiet $(COVERAGE)/unit $(COVERAGE)/blender
	COVERAGE_FILE=$(COVERAGE)/.coverage $(BACKEND)/bin/coverage report --fail-under=$(FLOOR) --omit=$(ELSEWHERE)

REMOTE := server client/remote
# The suites that run beside it have the other cores, and torch's threads would only wait for each other.
unit: $(BACKEND)/.ready
	mkdir -p $(COVERAGE)
	COVERAGE_FILE=$(COVERAGE)/unit OMP_NUM_THREADS=1 $(BACKEND)/bin/python $(QUICK) tests $(COVERED) \
		$(patsubst %,--ignore=tests/%,blender e2e window benchmarks $(REMOTE))

remote: $(BACKEND)/.ready  ## a studio's server, and the relay to it
	OMP_NUM_THREADS=1 $(BACKEND)/bin/python $(QUICK) $(addprefix tests/,$(REMOTE))

benchmarks: $(BACKEND)/.ready  # without coverage: they are no part of what is covered, and take twice as long with it
	OMP_NUM_THREADS=1 $(BACKEND)/bin/python $(QUICK) tests/benchmarks

blender: blender-4.5 blender-5.0 blender-5.2

blender-4.5 blender-5.0: blender-%: $(BPY)%/.ready
	OMP_NUM_THREADS=1 $(BPY)$*/bin/python $(QUICK) tests/blender

blender-5.2: $(BPY)5.2/.ready
	@mkdir -p $(COVERAGE); if [ -x $(BPY)5.2/bin/python ]; then \
		COVERAGE_FILE=$(COVERAGE)/blender OMP_NUM_THREADS=1 $(BPY)5.2/bin/python $(QUICK) tests/blender $(COVERED); \
	else echo "SKIPPED: tests in Blender 5.2 (no Python 3.13)"; fi

e2e: setup
	OMP_NUM_THREADS=1 $(BACKEND)/bin/python $(QUICK) tests/e2e

window: setup  ## the installed zip in a Blender with a window, where one can be had
	TMPDIR="$${DISK-$$TMPDIR}" OMP_NUM_THREADS=1 $(BACKEND)/bin/python $(QUICK) tests/window -rs  # on disk: the window's system has a /dev of its own

test-slow: setup $(BPY)5.2/.ready  ## the tests that `make test` leaves out, one suite after another
	OMP_NUM_THREADS=1 $(BACKEND)/bin/python $(PYTEST) tests -m slow --ignore=tests/blender
	@if [ -x $(BPY)5.2/bin/python ]; then $(BPY)5.2/bin/python $(PYTEST) tests/blender -m slow; fi

evaluate: $(BACKEND)/.ready  ## motion gain on 16 held-out pairs; results in out/evaluation
	$(BACKEND)/bin/python -m mti_backend evaluate --quick --out $(OUT)/evaluation

evaluate-full: $(BACKEND)/.ready  ## all of docs/evaluation.md (hours on a CPU); resumable
	$(BACKEND)/bin/python -m mti_backend evaluate --out $(OUT)/evaluation --markdown docs/evaluation.md

ROUNDS ?= 50
lost-media: $(BPY)4.5/.ready $(BPY)5.0/.ready $(BPY)5.2/.ready  ## pictures deleted, damaged, resized: ROUNDS of each kind
	for version in 4.5 5.0 5.2; do echo "Blender $$version"; \
		$(BPY)$$version/bin/python -m tests.blender.sequencer.lost_media $(ROUNDS) || exit 1; done

train-draft: $(BACKEND)/.ready  ## train the draft model anew (hours on a CPU); resumable
	$(BACKEND)/bin/python -m mti_backend train-draft --work $(OUT)/draft

presets: setup  ## learn the shipped motions again, where they or the draft have changed (an hour on a CPU); resumable
	$(BACKEND)/bin/python -m tools.presets --bpy $(BPY)$(DEMO_BPY)/bin/python --out $(OUT)/presets $(ARGS)

zip: $(BPY)$(DEMO_BPY)/.ready  ## the extension, validated; in build/
	$(BPY)$(DEMO_BPY)/bin/python tools/stage.py --build build --zip --bpy $(BPY)$(DEMO_BPY)/bin/python

publish: $(BPY)$(DEMO_BPY)/.ready  ## both channels: our own repository in build/repository, the platform's zip
	$(BPY)$(DEMO_BPY)/bin/python tools/stage.py --build build/own --zip --repository build/repository
	$(BPY)$(DEMO_BPY)/bin/python tools/stage.py --build build/platform --channel platform --zip

clean:  ## remove what is built, keep the environments
	rm -rf build out .pytest_cache .mypy_cache .ruff_cache
