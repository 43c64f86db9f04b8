"""Individual parts of the setup: interpreters, GPUs, packages, pip's error messages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mti_addon.client.setup import packages
from mti_addon.client.setup import python as setup_python
from mti_addon.client.setup.gpu import Gpu, find_gpu, parse_nvidia
from mti_addon.client.setup.python import VERSIONS, Interpreter, candidates, find_python, probe
from mti_addon.wire.errors import BackendMissing, DiskFull, NotWritable
from tests.wire.examples import ROOT

CARD = Gpu("cuda", "A card", "580.1", 24576, 24000)


def ask(command: list[str]) -> tuple[int, str]:
    """Run the command for real."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return -1, ""
    return done.returncode, done.stdout


def test_this_python_says_what_it_is() -> None:
    found = probe(sys.executable, ask)
    assert found is not None and found.version == sys.version_info[:3]
    assert found.bits == 64 and Path(found.path).samefile(sys.executable)
    assert probe("/nonexistent/python", ask) is None
    assert probe("/bin/true", ask) is None


def test_a_python_is_found_on_this_machine_without_being_told() -> None:
    found = find_python(ask)
    assert found.version[:2] in VERSIONS and not found.problem


@pytest.mark.parametrize(
    ("version", "bits", "venv", "sentence"),
    [
        ((3, 10, 4), 64, True, "is Python 3.10.4; 3.11 to 3.13 are needed"),
        ((3, 14, 0), 64, True, "is Python 3.14.0"),
        ((3, 11, 7), 32, True, "is a 32-bit Python"),
        ((3, 11, 2), 64, False, "install python3-venv"),
        ((3, 12, 1), 64, True, ""),
    ],
)
def test_which_pythons_will_do(
    version: tuple[int, int, int], bits: int, venv: bool, sentence: str
) -> None:
    problem = Interpreter("python", version, bits, venv).problem
    assert sentence in problem and bool(sentence) == bool(problem)


def test_the_best_candidates_come_first() -> None:
    linux = candidates({"HOME": "/home/a", "PATH": ""}, "linux")
    assert linux.index("/usr/bin/python3.11") < linux.index("/usr/local/bin/python3.12")
    assert linux.index("/usr/bin/python3.13") < linux.index("/usr/bin/python3")
    mac = candidates({"HOME": "/Users/a", "PATH": ""}, "darwin")
    assert "/Library/Frameworks/Python.framework/Versions/3.12/bin/python3.12" in mac
    assert "/opt/homebrew/bin/python3.11" in mac
    windows = candidates({"LOCALAPPDATA": "L", "PROGRAMFILES": "P", "SYSTEMDRIVE": "C:"}, "win32")
    assert [Path(path).parent.name for path in windows][:3] == ["Python311"] * 3
    assert str(Path("L/Programs/Python/Python313/python.exe")) in windows


def test_apple_s_stand_in_for_python_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/usr/bin/python3 opens a dialog on a Mac without developer tools, and is 3.9 with them."""
    found = {"python3": "/usr/bin/python3", "python3.12": "/opt/homebrew/bin/python3.12"}
    monkeypatch.setattr(setup_python.shutil, "which", lambda name, path: found.get(name))
    mac = candidates({"HOME": "/Users/a", "PATH": "/usr/bin"}, "darwin")
    assert "/opt/homebrew/bin/python3.12" in mac
    assert not [path for path in mac if path.startswith("/usr/bin/")]
    assert "/usr/bin/python3" in candidates({"HOME": "/home/a", "PATH": ""}, "linux")
    # nor under another name, such as a link elsewhere
    link = tmp_path / ".local/bin/python3"
    link.parent.mkdir(parents=True)
    link.symlink_to("/usr/bin/python3")
    asked: list[str] = []

    def ask(command: list[str]) -> tuple[int, str]:
        asked.append(command[0])
        return -1, ""

    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BackendMissing):
        find_python(ask, own="/nonexistent", system="darwin")
    assert not [path for path in asked if Path(path).resolve().parent == Path("/usr/bin")]


def test_none_will_do(tmp_path: Path) -> None:
    with pytest.raises(BackendMissing, match="does not run") as caught:
        find_python(ask, "/bin/true")
    assert "Install Python 3.11" in caught.value.hint


def test_a_real_program_called_nvidia_smi_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(
        '#!/bin/sh\ncase "$1 $2" in "--query-gpu=name,driver_version,memory.total,memory.free '
        '--format=csv,noheader,nounits")\n'
        "echo 'NVIDIA RTX A2000, 580.65.06, 6138, 5870'\n"
        "echo 'NVIDIA RTX 6000, 580.65.06, 49140, 48600';; *) exit 6;; esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    gpu = find_gpu(ask, "linux", tmp_path)
    assert (gpu.kind, gpu.name, gpu.total_mib, gpu.free_mib) == (
        "cuda", "NVIDIA RTX 6000", 49140, 48600,
    )  # fmt: skip
    assert str(gpu.said) == "NVIDIA RTX 6000, driver 580.65.06, 47.5 of 48.0 GB of memory free."
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n")
    (tmp_path / "proc/driver/nvidia").mkdir(parents=True)
    (tmp_path / "proc/driver/nvidia/version").touch()
    assert "reinstall its driver" in str(find_gpu(ask, "linux", tmp_path).said)


def test_other_gpus_are_told_in_words(tmp_path: Path) -> None:
    def no_nvidia(command: list[str]) -> tuple[int, str]:
        return -1, ""

    assert "no supported GPU" in str(find_gpu(no_nvidia, "linux", tmp_path).said)
    (tmp_path / "sys/module/amdgpu").mkdir(parents=True)
    amd = find_gpu(no_nvidia, "linux", tmp_path)
    assert amd.kind == "rocm" and "ROCm" in str(amd.said) and "SVD needs" in str(amd.said)
    assert parse_nvidia("[N/A]\nName, 1, [N/A], [N/A]\n") == []


def test_torch_is_chosen_by_the_gpu() -> None:
    pins = packages.pinned(ROOT)
    torch = next(pin for pin in pins if pin.startswith("torch=="))
    assert len(pins) == 11 and all("==" in pin for pin in pins)

    def build(gpu: Gpu, system: str) -> tuple[str, str]:
        (found,) = [p for p in packages.chosen(pins, gpu, system) if p.startswith("torch==")]
        return found.removeprefix(torch), packages.index_for(gpu, "", system)

    index = packages.TORCH_INDEX
    assert build(Gpu(), "linux") == ("+cpu", index + "cpu")
    assert build(Gpu("rocm"), "linux") == ("+cpu", index + "cpu")
    assert build(CARD, "linux") == ("", "")
    assert build(CARD, "win32") == ("+cu130", index + "cu130")
    assert build(Gpu(), "win32") == ("", "")
    assert build(Gpu("mps"), "darwin") == ("", "")
    assert packages.index_for(Gpu(), "https://mirror/simple", "linux") == "https://mirror/simple"
    assert packages.needed_bytes(CARD) > packages.needed_bytes(Gpu())


def test_what_others_need_is_installed_before_them() -> None:
    """According to the packages' own dependency metadata."""
    from importlib.metadata import requires

    names = [packages.name_of(pin) for pin in packages.in_order(packages.pinned(ROOT))]
    assert sorted(names) == sorted(map(packages.name_of, packages.pinned(ROOT)))
    for place, name in enumerate(names):
        needs = {packages.name_of(each) for each in requires(name) or () if "extra ==" not in each}
        assert not needs & set(names[place + 1 :]), f"{name} would bring its own"


def test_mismatches_name_the_package() -> None:
    have = {"torch": "2.13.0+cpu", "numpy": "2.4.5", "imageio-ffmpeg": "0.8.1"}
    pins = ("torch==2.13.0", "numpy==2.4.6", "imageio_ffmpeg==0.8.1", "pillow==13.0.0")
    assert packages.mismatches(pins, have) == [
        "numpy is 2.4.5, 2.4.6 is needed",
        "pillow is missing",
    ]


@pytest.mark.parametrize(
    ("output", "kind", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", DiskFull, "disk became full"),
        ("ERROR: Could not install\nHINT: Windows Long Path support", NotWritable, "too long"),
        ("PermissionError: [Errno 13] Permission denied: '/x'", NotWritable, "not writable"),
        ("... NameResolutionError ...\nERROR: No matching distribution found for torch==2.13.0",
         BackendMissing, "package index cannot be reached"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", BackendMissing,
         "cannot be reached"),
        ("ERROR: No matching distribution found for torch==2.13.0+cpu", BackendMissing,
         "has no torch==2.13.0+cpu for this Python"),
        ("ERROR: ResolutionImpossible: see above", BackendMissing, "ResolutionImpossible"),
    ],
)  # fmt: skip
def test_pip_s_complaints_are_one_sentence(output: str, kind: type, sentence: str) -> None:
    found = packages.complaint(output, "torch==2.13.0", "")
    assert type(found) is kind and sentence in found.message and found.hint
