"""Programs that are killed at any moment: every motion is whole, old or new, and none is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from mti_addon.client import Library
from mti_addon.client.library import change, delete, empty_trash, list_trash
from mti_addon.client.library.state import STATE_FILE, read_state
from mti_addon.wire.library import Motion, export_to, read_library
from mti_addon.wire.library.changing import sweep_library
from mti_addon.wire.library.preset import read_preset, verify_preset
from tests.wire.examples import kill_often
from tests.wire.library.examples import finished_job, listed, saved

START = """
import sys, itertools
from pathlib import Path
from mti_addon.client import Library
from mti_addon.client.library import *
from mti_addon.client.library.state import mark_used, read_state, set_favorite
from mti_addon.wire.job import JobFolder
from mti_addon.wire.library import *
root = Path(sys.argv[1])
own = root / "own"
jobs = sorted(root.glob("spool/*"))
print("ready", flush=True)
"""
KILLS = 10


def whole(own: Path) -> list[Motion]:
    """The motions of a library, each checked to the last byte."""
    motions, problems = read_library(own)
    assert problems == {}
    for motion in motions:
        verify_preset(motion.folder, motion.preset)
    return motions


def whole_trash(own: Path) -> list[str]:
    """The names of the deleted motions, each checked to the last byte."""
    deleted = list_trash(own)
    for each in deleted:
        verify_preset(each.place, read_preset(each.place))
    return [each.name for each in deleted]


def swept(own: Path) -> list[str]:
    """Everything that is left after sweeping, apart from the lock and what the motions name."""
    sweep_library(own, older_than=-1)
    named = {m.folder / name for m in whole(own) for name in (*m.preset.files, "preset.json")}
    named.add(own / ".lock")
    rest = (path for path in own.rglob("*") if path.is_file() and path not in named)
    return [path.relative_to(own).as_posix() for path in rest if ".trash" not in path.parts]


def killed(script: str, root: Path, enough: Callable[[], bool], kills: int = KILLS) -> None:
    kill_often(START + script, root, enough, kills)


def test_saving(tmp_path: Path) -> None:
    for i in range(3):
        finished_job(tmp_path, f"Wave {i}", shift=float(i))
    killed(
        "for i in itertools.count():\n    save_motion(JobFolder(jobs[i % 3]), own, About())",
        tmp_path,
        lambda: len(whole(tmp_path / "own")) > 5,
    )
    assert swept(tmp_path / "own") == []


def test_renaming(tmp_path: Path) -> None:
    """Name and notes are changed together, and nobody ever sees one without the other."""
    motion, seen = saved(tmp_path, "Wave"), set[str]()

    def one_or_the_other() -> bool:
        (found,) = whole(tmp_path / "own")
        preset = found.preset
        assert found.folder == motion.folder and preset.id == motion.preset.id
        assert preset.name == "Wave" or preset.notes == preset.name * 3000
        seen.add(preset.name)
        return seen >= {"A", "B"}

    killed(
        "for i in itertools.count():\n    name = 'AB'[i % 2]\n"
        "    change(own, own / 'wave', name=name, notes=name * 3000, tags=(name,))",
        tmp_path,
        one_or_the_other,
    )
    assert swept(tmp_path / "own") == []


def test_deleting_and_restoring(tmp_path: Path) -> None:
    """It is in the library or in the trash: never in both, never in none."""
    motion = saved(tmp_path, "Wave")
    places = set[str]()

    def in_one_place() -> bool:
        own = tmp_path / "own"
        here, there = whole(own), whole_trash(own)
        assert [each.preset for each in here] == [motion.preset] * len(here)
        assert len(here) + len(there) == 1
        places.add("library" if here else "trash")
        return len(places) == 2

    killed(
        "places = [deleted.place for deleted in list_trash(own)]\n"
        "while True:\n    for place in places:\n        restore(own, place)\n"
        "    places = [delete(own, motion.folder) for motion in read_library(own)[0]]",
        tmp_path,
        in_one_place,
    )
    assert [path.name for path in (tmp_path / "own").iterdir() if path.name[0] != "."] in (
        [], ["wave"]
    )  # fmt: skip


def test_importing(tmp_path: Path) -> None:
    for i in range(4):
        motion = saved(tmp_path / "sender", f"Wave {i}", shift=float(i))
        export_to(motion, tmp_path / f"{i}.motion")
    seen = 0

    def only_whole_ones() -> bool:
        nonlocal seen
        motions = whole(tmp_path / "own")
        assert len({motion.preset.id for motion in motions}) == len(motions) <= 4
        seen += len(motions)
        return seen > 8

    killed(
        "while True:\n    for i in range(4):\n        import_motion(own, root / f'{i}.motion')\n"
        "    for motion in read_library(own)[0]:\n        delete(own, motion.folder)\n"
        "    empty_trash(own)",
        tmp_path,
        only_whole_ones,
    )
    assert swept(tmp_path / "own") == []


def test_exporting(tmp_path: Path) -> None:
    """The file is the old one or the new one."""
    for i in range(2):
        saved(tmp_path, f"Wave {i}", shift=float(i))
    motions = whole(tmp_path / "own")
    files = [tmp_path / f"{i}.motion" for i in range(2)]
    for motion, file in zip(motions, files, strict=True):
        export_to(motion, file)
    good, sent = [file.read_bytes() for file in files], tmp_path / "sent.motion"

    def old_or_new() -> bool:
        assert not sent.exists() or sent.read_bytes() in good
        return sent.exists()

    killed(
        "motions = read_library(own)[0]\n"
        "for i in itertools.count():\n    export_to(motions[i % 2], root / 'sent.motion')",
        tmp_path,
        old_or_new,
    )


def test_learning_on_another_model(tmp_path: Path) -> None:
    """The motion is whole with the one embedding or with the other, and the draft's stays."""
    motion = saved(tmp_path, "Wave")
    shutil.rmtree(tmp_path / "spool")
    learned = [finished_job(tmp_path, "x", model="svd", value=v) for v in (0.25, 0.125)]
    good, seen = {job.output_motion.read_bytes() for job in learned}, set[bytes]()

    def old_or_new() -> bool:
        (found,) = whole(tmp_path / "own")
        assert found.preset.id == motion.preset.id
        assert found.embedding_files("draft") == motion.embedding_files("draft")
        data = {file.read_bytes() for file in found.embedding_files("svd")}
        assert data <= good
        seen.update(data)
        return seen == good

    killed(
        "for i in itertools.count():\n"
        "    save_embedding(JobFolder(jobs[i % 2]), own, own / 'wave')",
        tmp_path,
        old_or_new,
    )
    assert swept(tmp_path / "own") == []


def test_emptying_the_trash(tmp_path: Path) -> None:
    """What is listed is whole; what is half deleted is listed no more, and removed later."""
    kept = saved(tmp_path, "Kept", shift=9.0)

    def whole_or_gone() -> bool:
        assert kept in whole(tmp_path / "own")
        whole_trash(tmp_path / "own")
        return (tmp_path / "done").exists()

    killed(
        "while True:\n    if len(list_trash(own)) < 3:\n"
        "        delete(own, save_motion(JobFolder(jobs[0]), own, About()).folder)\n"
        "    else:\n        empty_trash(own)\n        (root / 'done').touch()",
        tmp_path,
        whole_or_gone,
    )
    own = tmp_path / "own"
    for motion in whole(own):
        if motion != kept:
            delete(own, motion.folder)
    for path in (own / ".trash").glob(".tmp-*"):
        shutil.rmtree(path)  # as it is swept after an hour
    empty_trash(own)
    assert list((own / ".trash").iterdir()) == [] and swept(own) == []


def test_marking_favorites(tmp_path: Path) -> None:
    """The file is never damaged, and what one program has marked stays marked."""
    own, seen = tmp_path / "own", 0

    def grows() -> bool:
        nonlocal seen
        found = read_state(own)
        assert len(found.favorites) >= seen and not list(own.glob(f"{STATE_FILE}.*"))
        seen = len(found.favorites)
        return seen > 20

    killed(
        "for i in itertools.count(len(read_state(own).favorites)):\n"
        "    set_favorite(own, f'{i:032x}', True)\n    mark_used(own, f'{i:032x}')",
        tmp_path,
        grows,
    )


def test_writing_the_index(tmp_path: Path) -> None:
    """Whatever is left of an index, the next program shows what is there."""
    own, opened = tmp_path / "own", 0
    for i in range(60):
        listed(own, f"m{i:02d}", i)

    def right() -> bool:
        nonlocal opened
        library = Library(own)
        library.refresh()
        shown = {(entry.folder.name, entry.name) for entry in library.entries()}
        assert shown == {(m.folder.name, m.preset.name) for m in read_library(own)[0]}
        assert len(shown) == 60 and not library.problems
        opened += 1
        return opened > 3

    killed(
        "for i in itertools.count():\n    library = Library(own)\n    library.refresh()\n"
        "    change(own, own / f'm{i % 60:02d}', name=f'Name {i}')\n    library.refresh()\n"
        "    library.close()",
        tmp_path,
        right,
    )
    for path in (own / ".index").glob(".tmp-*"):
        os.utime(path, (0, 0))
    change(own, own / "m00", name="Last")
    library = Library(own)
    library.refresh()
    library.close()
    assert len(list((own / ".index").iterdir())) == 1


EVERYTHING = """
def a_motion():
    others = [m.folder for m in read_library(own)[0] if m.folder.name not in ("first", "second")]
    return random.choice(others)

def crowded():
    return len(read_library(own)[0]) > 6

def anew():
    return save_embedding(JobFolder(random.choice(jobs)), own, own / "first")

works = {
    "save": lambda: crowded() or save_motion(JobFolder(jobs[0]), own, About()),
    "copy": lambda: crowded() or duplicate(own, own / "first", "Copy"),
    "import": lambda: import_motion(own, root / "third.motion"),
    "change": lambda: change(own, own / "second", notes=str(random.random())),
    "learn": anew,
    "delete": lambda: delete(own, a_motion()),
    "restore": lambda: restore(own, random.choice(list_trash(own)).place),
    "empty": lambda: empty_trash(own),
}
while True:
    name = random.choice(list(works))
    try:
        works[name]()
    except IndexError:
        continue  # there is none
    with open(root / "done", "a") as stream:
        stream.write(name + "\\n")
"""


def test_everything_at_once(tmp_path: Path) -> None:
    """Two motions that are never deleted outlive everything that is done beside them."""
    third = saved(tmp_path / "sender", "Third", shift=3.0)
    export_to(third, tmp_path / "third.motion")
    first, second = saved(tmp_path, "First", shift=1.0), saved(tmp_path, "Second", shift=2.0)
    ids = {first.preset.id, second.preset.id}

    def both_there() -> bool:
        assert ids <= {motion.preset.id for motion in whole(tmp_path / "own")}
        whole_trash(tmp_path / "own")
        done = tmp_path / "done"
        return done.exists() and len(set(done.read_text().split())) == 8

    killed("import random" + EVERYTHING, tmp_path, both_there)
    assert swept(tmp_path / "own") == []
