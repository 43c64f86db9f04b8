"""Several programs change one library at once: real processes, which start together."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mti_addon.client import Library
from mti_addon.client.library import list_trash, restore
from mti_addon.client.library.state import STATE_FILE, read_state
from mti_addon.wire.library import export_to, read_library, read_motion
from tests.client.library.test_killed import START, swept, whole, whole_trash
from tests.wire.examples import child, end
from tests.wire.library.examples import finished_job, listed, saved

GO = """
import time
from mti_addon.wire.errors import MtiError
sys.stdin.readline()
who = int(sys.argv[2])
"""


def together(root: Path, *scripts: str) -> None:
    """Run scripts at the same time, each in a process of its own; none may fail."""
    finish(start(root, *scripts))


def start(root: Path, *scripts: str) -> list[subprocess.Popen[str]]:
    """Start a process for each script; they begin together, when all of them are ready."""
    running = [child(START + GO + script, str(root), str(i)) for i, script in enumerate(scripts)]
    for process in running:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return running


def finish(running: list[subprocess.Popen[str]]) -> None:
    for process in running:
        process.communicate(timeout=300)
    assert [process.returncode for process in running] == [0] * len(running)


def test_motions_of_one_name_are_saved_at_once(tmp_path: Path) -> None:
    finished_job(tmp_path, "Wave")
    script = "for i in range(5):\n    save_motion(JobFolder(jobs[0]), own, About())"
    together(tmp_path, *[script] * 3)
    motions = whole(tmp_path / "own")
    assert len(motions) == 15 and {motion.preset.name for motion in motions} == {"Wave"}
    assert len({motion.folder for motion in motions}) == 15
    assert swept(tmp_path / "own") == []


def test_each_changes_another_field(tmp_path: Path) -> None:
    """Neither undoes what the other has done."""
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    together(
        tmp_path,
        "for i in range(40):\n    change(own, own / 'wave', name=f'Name {i}')",
        "for i in range(40):\n    change(own, own / 'wave', notes=f'Note {i}')",
    )
    preset = whole(own)[0].preset
    assert (preset.name, preset.notes) == ("Name 39", "Note 39")
    assert preset.id == motion.preset.id and swept(own) == []


def test_one_renames_what_the_other_deletes(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    together(
        tmp_path,
        "renamed = missed = 0\n"
        "while missed < 5 or renamed < 5:\n    try:\n"
        "        change(own, own / 'wave', name=f'Name {renamed}')\n        renamed += 1\n"
        "    except MtiError as error:\n"
        "        assert error.problem.code == 'motion_not_there', error\n        missed += 1\n"
        "    time.sleep(0.002)\n(root / 'enough').touch()",
        "while not (root / 'enough').exists():\n    place = delete(own, own / 'wave')\n"
        "    time.sleep(0.005)\n    restore(own, place)\n    time.sleep(0.005)",
    )
    (found,) = whole(own)
    assert found.folder == motion.folder and found.preset.name.startswith("Name ")
    assert list_trash(own) == [] and swept(own) == []


def test_one_learns_what_the_other_renames(tmp_path: Path) -> None:
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    for path in (tmp_path / "spool").iterdir():
        path.rename(tmp_path / "done")
    for value in (0.25, 0.125):
        finished_job(tmp_path, "x", model="svd", value=value)
    together(
        tmp_path,
        "for i in range(10):\n    save_embedding(JobFolder(jobs[i % 2]), own, own / 'wave')",
        "for i in range(40):\n    change(own, own / 'wave', name=f'Name {i}')",
    )
    (found,) = whole(own)
    assert set(found.preset.embeddings) == {"draft", "svd"} and found.preset.name == "Name 39"
    assert found.preset.id == motion.preset.id and swept(own) == []


def test_both_delete_the_same(tmp_path: Path) -> None:
    """One of them does; the other one is told that it is gone."""
    own = tmp_path / "own"
    for i in range(20):
        listed(own, f"m{i}", i)
    script = (
        "count = 0\nfor i in range(20):\n    try:\n        delete(own, own / f'm{i}')\n"
        "        count += 1\n    except MtiError as error:\n"
        "        assert error.problem.code == 'motion_not_there', error\n"
        "(root / f'count{who}').write_text(str(count))"
    )
    together(tmp_path, script, script)
    counts = [int((tmp_path / f"count{who}").read_text()) for who in range(2)]
    assert sum(counts) == 20 == len(list_trash(own)) and read_library(own) == ([], {})


def test_both_empty_the_trash_that_one_restores_from(tmp_path: Path) -> None:
    """What comes back is whole."""
    own = tmp_path / "own"
    for i in range(6):
        saved(tmp_path, f"Wave {i}", shift=float(i))
    together(
        tmp_path,
        *["for m in read_library(own)[0][who::2]:\n    delete(own, m.folder)\nempty_trash(own)"]
        * 2,
        "for i in range(60):\n    for deleted in list_trash(own)[:1]:\n        try:\n"
        "            restore(own, deleted.place)\n        except MtiError as error:\n"
        "            assert error.problem.code == 'motion_not_in_trash', error\n"
        "    time.sleep(0.005)",
    )
    whole(own)
    whole_trash(own)


def test_both_import_the_same(tmp_path: Path) -> None:
    motion = saved(tmp_path / "sender", "Wave")
    export_to(motion, tmp_path / "Wave.motion")
    script = "for i in range(5):\n    import_motion(own, root / 'Wave.motion')"
    together(tmp_path, script, script)
    found = whole(tmp_path / "own")
    assert 1 <= len(found) <= 2  # both may have looked before either had added it
    assert {each.preset.id for each in found} == {motion.preset.id}


def test_both_mark_favorites(tmp_path: Path) -> None:
    own = tmp_path / "own"
    script = (
        "for i in range(50):\n    set_favorite(own, f'{2 * i + who:032x}', True)\n"
        "    mark_used(own, f'{2 * i + who:032x}')"
    )
    together(tmp_path, script, script)
    found = read_state(own)
    assert set(found.favorites) == set(found.used) == {f"{i:032x}" for i in range(100)}
    assert not list(own.glob(f"{STATE_FILE}.*"))


def test_one_watches_what_the_others_do(tmp_path: Path) -> None:
    """The index never fails, shows nothing that was never there, and in the end what is there."""
    own = tmp_path / "own"
    for i in range(30):
        listed(own, f"m{i:02d}", i)
    script = (
        "for i in range(60):\n    n = (7 * i + who) % 30\n    folder = own / f'm{n:02d}'\n"
        "    try:\n        change(own, folder, name=f'Name {i} {who}')\n"
        "        if i % 3 == 0:\n            restore(own, delete(own, folder))\n"
        "    except MtiError as error:\n"
        "        assert error.problem.code == 'motion_not_there', error\n"
        "    library = Library(own)\n    library.refresh(0.002)\n    library.close()"
    )
    running, library, passes = start(tmp_path, script, script), Library(own), 0
    try:
        while any(process.poll() is None for process in running):
            library.refresh(0.01)
            passes += 1
            assert not library.problems
            assert all(e.name.startswith(("m", "Name ")) for e in library.entries())
            assert len(library.entries()) <= 30
        finish(running)
    finally:
        for process in running:
            end(process)
    library.refresh()
    expected = {(m.folder, m.preset.name) for m in read_library(own)[0]}
    assert {(e.folder, e.name) for e in library.entries()} == expected
    assert passes > 3 and len(expected) == 30
    other = Library(own)
    other.refresh()
    assert {(e.folder, e.name) for e in other.entries()} == expected


def test_a_motion_that_another_program_has_deleted_comes_back(tmp_path: Path) -> None:
    """The trash is the library's, not a program's."""
    own, motion = tmp_path / "own", saved(tmp_path, "Wave")
    together(tmp_path, "delete(own, own / 'wave')")
    (deleted,) = list_trash(own)
    assert read_motion(restore(own, deleted.place)) == motion
