"""list, show, export and import as a person or a program calls them, in this process."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mti_backend import cli
from mti_backend.__main__ import main
from tests.backend.cli import motions

ROOT = Path(__file__).parents[3]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's library, with three motions."""
    library = tmp_path / "own"
    monkeypatch.setenv("MTI_LIBRARY", str(library))
    motions.add(library, "Wave", 1, tags=("arm", "Greeting"), quality=0.43)
    motions.add(library, "Big Walk", 2, tags=("leg",), notes="slow", quality=None)
    motions.add(library, "Smile", 3, kind="face", author="Ada")
    return library


class Told:
    """What a command has printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]):
    def run(*arguments: str | Path) -> Told:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        sys.stdout.flush()
        return Told(code, *capfd.readouterr())

    return run


def names(told: Told) -> list[str]:
    return [each["name"] for each in told.json if not each["shipped"]]


def test_list_as_json_is_an_array_with_these_keys(call, own: Path) -> None:
    told = call("list", "--json")
    assert told.code == 0 and told.err == ""
    keys = {"name", "id", "kind", "tags", "engines", "quality", "bytes", "shipped", "folder"}
    assert all(set(each) == keys for each in told.json)
    wave = next(each for each in told.json if each["folder"] == str(own / "wave"))
    assert wave["tags"] == ["arm", "Greeting"] and wave["engines"] == ["draft"]
    (quality,) = wave["quality"].values()
    assert quality.items() >= {"reconstruction": 0.43, "motion_gain": None, "loss": 0.1}.items()
    assert isinstance(wave["bytes"], int) and wave["bytes"] > 5000 and wave["shipped"] is False
    assert len(wave["id"]) == 32 and wave["kind"] == "body"
    assert [each["name"] for each in told.json] == sorted(
        (each["name"] for each in told.json), key=str.casefold
    )
    assert any(each["shipped"] for each in told.json)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", ["Big Walk", "Smile", "Wave"]),
        ("--kind face", ["Smile"]),
        ("--tag greeting --tag arm", ["Wave"]),
        ("--tag arm --tag leg", []),
        ("--search ada", ["Smile"]),
        ("--search WALK", ["Big Walk"]),
        ("--engine svd", []),
        ("--engine draft --kind body --search slow", ["Big Walk"]),
    ],
)
def test_list_filters(options: str, found: list[str], call, own: Path) -> None:
    assert names(call("list", "--json", *options.split())) == found


def test_list_for_people(call, own: Path) -> None:
    (own / "smile" / "preset.json").write_text("{}")
    told = call("list")
    lines = told.out.split("\n")
    assert lines[0].split() == ["NAME", "KIND", "ENGINES", "QUALITY", "SIZE", "TAGS", "ID"]
    (wave,) = (line for line in lines if "Greeting" in line)
    assert "0.43" in wave and "(shipped)" not in wave
    assert told.code == 0
    assert told.err.startswith(f"mti: {own / 'smile'}: ") and told.err.count("\n") == 1
    assert call("list", "--search", "xyz").out == "There are no such motions.\n"


def test_show(call, own: Path) -> None:
    told = call("show", "wave")
    assert told.out.startswith("Wave\n") and told.code == 0
    assert "quality 0.43, loss 0.1, 60 iterations" in told.out
    shown = call("show", "smile", "--json").json
    assert (shown["author"], shown["num_frames"], shown["parents"]) == ("Ada", 14, [])
    assert shown["folder"] == str(own / "smile")
    both = motions.add_blend(own, "both")
    assert "blend of 2 motions: weight 0.7; weight 0.3" in call("show", both.folder).out


def test_export_and_import_keep_every_byte(call, own: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "sent.motion"
    told = call("export", "wave", file, "--json")
    assert told.code == 0
    assert told.json["file"] == str(file) and told.json["bytes"] == file.stat().st_size
    told = call("export", "wave", file)
    assert (told.code, told.err.count("\n")) == (2, 1) and "already exists" in told.err
    first = file.read_bytes()
    assert call("export", "wave", file, "--overwrite").code == 0
    assert file.read_bytes() == first

    other = tmp_path / "other"
    told = call("import", file, "--library", other)
    assert told.code == 0 and str(other / "wave") in told.out
    ours = {p.relative_to(own / "wave"): p.read_bytes() for p in files_in(own / "wave")}
    theirs = {p.relative_to(other / "wave"): p.read_bytes() for p in files_in(other / "wave")}
    assert ours == theirs
    told = call("import", file, "--library", other, "--json")
    assert [each["status"] for each in told.json] == ["known"]
    assert len(list(other.iterdir())) == 1


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_cannot_be_exported(call, own: Path, tmp_path: Path) -> None:
    told = call("export", "wave", tmp_path / "wave.zip")
    assert told.code == 2 and "must end with .motion" in told.err
    assert call("export", "wave", tmp_path / "a.motion").code == 0
    told = call("export", tmp_path / "a.motion", tmp_path / "b.motion")
    assert told.code == 2 and "already is a .motion file" in told.err


def test_a_hostile_file_is_refused_in_a_sentence_and_the_others_are_imported(
    call, own: Path, tmp_path: Path
) -> None:
    good, bad, gone = (tmp_path / f"{name}.motion" for name in ("good", "bad", "gone"))
    assert call("export", "wave", good).code == 0
    bad.write_bytes(good.read_bytes())
    with zipfile.ZipFile(bad, "a") as archive:
        archive.writestr("../../\x1b[2Jevil.py", "import os")
    other = tmp_path / "other"
    told = call("import", bad, gone, good, "--library", other, "--json")
    assert told.code == 2
    assert [each["status"] for each in told.json] == ["failed", "failed", "imported"]
    assert told.err.count("\n") == 2 and "\x1b" not in told.err and "Traceback" not in told.err
    assert "evil.py" in told.err and told.json[0]["error"]["code"] == "unreadable_input"
    assert {path.name for path in tmp_path.iterdir()} == {"own", "other", good.name, bad.name}
    assert [path.name for path in other.iterdir()] == ["wave"]


def test_motions_that_are_not_there(call, own: Path) -> None:
    told = call("show", "wabe")
    assert told.code == 2 and told.out == ""
    assert told.err.startswith("mti: There is no motion 'wabe' in the library; there is Wave.")
    told = call("show", "wabe", "--json")
    assert told.code == 2 and told.json["error"]["problem"] == "motion_not_found_but"
    told = call("list", "--library", own / "gone")
    assert told.code == 2 and "There is no library" in told.err


def test_apply_says_what_is_wrong_before_it_computes(call, own: Path, tmp_path: Path) -> None:
    image = tmp_path / "face.png"
    image.write_text("no image")
    for arguments, said in (
        (["wave", image, "--engine", "svd"], "Wave was not learned on svd, but on draft."),
        (["wave", image], "face.png is not an image"),
        (["wave", tmp_path / "gone.png"], "There is no file"),
        (["wave", image, "--video", "a.txt"], "a.txt is no kind of video"),
        (["wave", image, "--weight", "1,1"], "--weight has 2 numbers"),
    ):
        told = call("apply", *arguments, "--json", "--out", tmp_path / "out")
        assert told.code == 2 and said in told.err, arguments
        assert told.err.count("\n") == 1 and told.json["exit_code"] == 2
    assert not (tmp_path / "out").exists()


def test_learn_says_what_is_wrong_before_it_computes(
    call, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTI_WORK", str(tmp_path / "work"))
    told = call("learn", tmp_path / "gone.mp4", "--json")
    assert told.code == 2 and told.json["error"]["problem"] == "source_missing"
    told = call("learn", tmp_path / "gone.mp4", "--engine", "svd")
    assert told.code == 2 and "The model svd is not installed" in told.err
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").touch()
    told = call("learn", tmp_path / "videos", "--name", "x")
    assert told.code == 2 and "is a folder of videos" in told.err
    told = call("learn", tmp_path / "videos", "--json", "--quiet")
    assert told.code == 2 and told.json["motions"][0]["status"] == "failed"
    assert not (tmp_path / "work").exists()


def test_a_fault_of_the_program_has_its_own_code(
    call, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("mti_backend.cli.show.run", fail)
    told = call("show", "wave", "--json")
    assert told.code == 70 and told.json["error"]["code"] == "internal"
    assert "ZeroDivisionError" in told.err and "This command has a fault." in told.err


def test_a_file_where_a_folder_should_be(call, own: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = call("export", "wave", tmp_path / "file" / "a.motion")
    assert told.code == 2 and told.err.count("\n") == 1 and str(tmp_path / "file") in told.err


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_help_teaches(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    examples = text[text.index("examples:") : text.index("exit codes:")]
    assert f"python -m mti_backend {command} " in examples
    assert "75  try again later" in text
    assert len(text.split("\n\n")[1]) > 40, "a description"


@pytest.mark.parametrize("command", ["list", "show wave", "import x.motion", "export wave x.txt"])
def test_what_does_not_compute_loads_nothing_large(command: str, own: Path) -> None:
    code = (
        "import sys; from mti_backend.__main__ import main; main(sys.argv[1:]); "
        "print({'torch', 'numpy', 'PIL', 'imageio_ffmpeg'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split()], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.endswith("set()\n"), done.stderr


def test_a_pipe_that_is_closed_is_no_error(own: Path) -> None:
    reader = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    reader.wait()
    assert reader.stdin is not None
    command = [sys.executable, "-m", "mti_backend", "list", "--json"]
    done = subprocess.run(command, cwd=ROOT, stdout=reader.stdin, stderr=subprocess.PIPE)
    reader.stdin.close()
    assert (done.returncode, done.stderr) == (0, b"")
