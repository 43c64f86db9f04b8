"""Pictures are sampled from real videos, animations and numbered images at the right times."""

from __future__ import annotations

import subprocess
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from mti_addon.wire.errors import BadRequest, MtiError, NoMotion, UnreadableInput
from mti_backend.cli.footage import source
from mti_backend.cli.footage.numbered import numbered_files
from mti_backend.cli.footage.source import Footage, is_still, movies_in, open_source, spread
from tests.backend.cli import footage
from tests.backend.cli.footage import STEP, animation, numbered, place, square, video

COUNT = 24
SIZE = (64, 64)


def sample(path: Path, count: int = 5, start: float = 0.0, end: float | None = None) -> Footage:
    return source.sample(open_source(path), start, end, count, SIZE)


def frame_shown(picture: np.ndarray, width: int = 160, height: int = 96) -> float:
    """The index of the source's frame that a cropped picture shows, by the square's place."""
    left = (width - height) / 2
    return (place(picture) * height + left - 8 - 12) / STEP


WRITERS: dict[str, Callable[[Path], Path]] = {
    "mp4": lambda folder: video(folder / "a.mp4", square(COUNT)),
    "no suffix": lambda folder: video(folder / "a.mp4", square(COUNT)).rename(folder / "video"),
    "mkv": lambda folder: video(folder / "a.mkv", square(COUNT), Fraction(24000, 1001)),
    "gif": lambda folder: animation(folder / "a.gif", square(COUNT)),
    "webp": lambda folder: animation(folder / "a.webp", square(COUNT)),
    "apng": lambda folder: animation(folder / "a.png", square(COUNT)),
    "png": lambda folder: numbered(folder / "images", square(COUNT)),
    "jpg": lambda folder: numbered(folder / "images", square(COUNT), "IMG{}.JPG"),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_every_kind_of_source_is_sampled_evenly_with_both_ends(kind: str, tmp_path: Path) -> None:
    found = sample(WRITERS[kind](tmp_path), count=5)
    assert found.pictures.shape == (5, 64, 64, 3) and found.pictures.dtype == np.uint8
    # the square is inside the crop from frame 6 on
    shown = [frame_shown(picture) for picture in found.pictures[2:]]
    assert shown == pytest.approx([12, 17, 23], abs=0.6)
    assert (found.first, found.last) == (1, COUNT)
    assert found.size == (160, 96)
    assert found.fps == pytest.approx(25 if kind in ("gif", "webp", "apng") else 24, abs=0.1)
    assert found.still.shape == (96, 96, 3)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "gif", "webp", "png"])
def test_a_part_of_a_source(kind: str, tmp_path: Path) -> None:
    path = WRITERS[kind](tmp_path)
    fps = open_source(path).fps
    found = sample(path, 3, start=8 / fps, end=17 / fps)
    assert (found.first, found.last) == (9, 17)
    shown = [frame_shown(picture) for picture in found.pictures]
    assert shown == pytest.approx([8, 12, 16], abs=0.6)


def test_frames_of_different_length_are_shown_for_their_own_time(tmp_path: Path) -> None:
    path = animation(tmp_path / "slow.gif", square(8, step=8), [40] * 4 + [200] * 4)
    opened = open_source(path)
    assert opened.fps == 25
    assert opened.count(0, None) == 4 + 4 * 5
    images = opened.images(0, None, [3, 4, 8, 9, 23])
    lefts = [place(np.asarray(image)) * 160 - 12 - 8 for image in images]
    assert [round(left / 8) for left in lefts] == [3, 4, 4, 5, 7]


def test_frames_of_a_video_at_a_varying_rate_are_where_they_are_in_time(tmp_path: Path) -> None:
    slow = video(tmp_path / "a.mp4", square(COUNT))
    path = tmp_path / "varying.mkv"
    # the second half is played at half the speed
    later = "setpts='if(lt(N,12),N,12+(N-12)*2)/24/TB'"
    run_ffmpeg("-i", slow, "-vf", later, "-fps_mode", "vfr", "-c:v", "libx264", path)
    opened = open_source(path)
    seconds = opened.count(0, None) / opened.fps
    assert seconds == pytest.approx(1.5, abs=0.1)
    half, end = opened.images(0, None, [int(0.5 * opened.fps), int(1.25 * opened.fps)])
    assert frame_shown(np.asarray(half), 160, 160) == pytest.approx(12, abs=1.1)
    assert frame_shown(np.asarray(end), 160, 160) == pytest.approx(21, abs=1.1)


def test_a_turned_video_is_upright(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", square(COUNT))
    turned = tmp_path / "turned.mp4"
    run_ffmpeg("-display_rotation", "90", "-i", path, "-c", "copy", turned)
    assert sample(turned).size == (96, 160)


def test_oblong_pixels_become_square(tmp_path: Path) -> None:
    path = video(tmp_path / "dv.mp4", square(COUNT), options=["-vf", "setsar=2"])
    found = sample(path)
    assert found.size == (320, 96)


def run_ffmpeg(*arguments: str | Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True)


def test_transparent_drawings_are_seen_on_white(tmp_path: Path) -> None:
    folder = tmp_path / "drawn"
    folder.mkdir()
    for number in range(4):
        image = np.zeros((64, 64, 4), np.uint8)
        image[20:40, 4 + 8 * number : 20 + 8 * number] = (0, 0, 0, 255)
        Image.fromarray(image).save(folder / f"{number}.png")
    found = sample(folder, 4)
    assert found.pictures[0, 0, 0].tolist() == [255, 255, 255]
    assert found.pictures[0, 30, 10].tolist() == [0, 0, 0]


def test_the_longest_of_several_sequences_is_taken_in_the_order_of_its_numbers(
    tmp_path: Path,
) -> None:
    clip = square(12)
    numbered(tmp_path, clip, "shot{}.png")
    numbered(tmp_path, clip[:3], "other{:02d}.jpg")
    names = [path.name for path in numbered_files(tmp_path)]
    assert names == [f"shot{number}.png" for number in range(1, 13)]


def test_too_few_frames_are_repeated_and_it_says_so(tmp_path: Path) -> None:
    found = sample(numbered(tmp_path / "few", square(3)), count=5)
    assert len(found.pictures) == 5
    assert [np.array_equal(a, b) for a, b in zip(found.pictures, found.pictures[1:], strict=False)]
    assert any("only 3 frames" in notice for notice in found.notices)
    assert spread(3, 5) == [0, 0, 1, 2, 2]


def test_long_and_wide_sources_are_told(tmp_path: Path) -> None:
    path = animation(tmp_path / "long.gif", square(10), 600)
    notices = sample(path).notices
    assert any("40% of each picture is cut off" in notice for notice in notices)
    assert any("are 1.3 s apart" in notice for notice in notices)


def noise(count: int, strength: int) -> np.ndarray:
    random = np.random.default_rng(1)
    still = random.integers(40, 200, (64, 64, 3))
    grain = random.integers(-strength, strength + 1, (count, 64, 64, 3))
    return np.clip(still + grain, 0, 255).astype(np.uint8)


def test_what_only_flickers_is_still(tmp_path: Path) -> None:
    assert is_still(noise(14, 0)) and is_still(noise(14, 4))
    small = noise(14, 4)
    small[7:, 30:36, 30:36] = 0
    assert not is_still(small)
    assert not is_still(square(14)[:, :96, :96])


def test_a_video_in_which_nothing_moves_is_refused(tmp_path: Path) -> None:
    path = video(tmp_path / "still.mp4", np.repeat(noise(1, 0), 20, axis=0))
    with pytest.raises(NoMotion, match="nothing moves") as caught:
        sample(path)
    assert caught.value.exit_code == 2


def broken(folder: Path) -> dict[str, Path]:
    """Sources that cannot be used, by the beginning of what is said of them."""
    cut = video(folder / "cut.mp4", square(COUNT))
    cut.write_bytes(cut.read_bytes()[:900])
    text = folder / "text.mp4"
    text.write_text("no video")
    (folder / "empty.mov").touch()
    sound = folder / "sound.wav"
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=1", sound)
    single = folder / "single.png"
    Image.fromarray(square(1)[0]).save(single)
    gif = folder / "cut.gif"
    gif.write_bytes(animation(folder / "whole.gif", square(COUNT)).read_bytes()[:3000])
    network = folder / "list.m3u8"
    network.write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    (folder / "nothing").mkdir()
    one = numbered(folder / "one", square(1))
    return {
        "There is no file or folder": folder / "gone.mp4",
        "cut.mp4 is not a video": cut,
        "text.mp4 is not a video": text,
        "empty.mov is not a video": folder / "empty.mov",
        "sound.wav is not a video": sound,
        "single.png is a single image": single,
        "cut.gif": gif,
        "list.m3u8 is not a video": network,
        "There are no numbered images": folder / "nothing",
        "There are no numbered images in": one,
    }


def test_what_is_no_source_is_told_in_one_sentence(tmp_path: Path) -> None:
    for beginning, path in broken(tmp_path).items():
        with pytest.raises(UnreadableInput) as caught:
            sample(path)
        assert str(caught.value).startswith(beginning), path
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("start", "end", "error"),
    [(0.5, 0.5, BadRequest), (2.0, 1.0, BadRequest), (5.0, None, UnreadableInput)],
)
def test_ranges_without_frames(
    start: float, end: float | None, error: type[MtiError], tmp_path: Path
) -> None:
    path = video(tmp_path / "a.mp4", square(COUNT))
    with pytest.raises(error):
        sample(path, start=start, end=end)


def test_a_picture_of_60000_pixels_a_side_is_refused_by_its_header(tmp_path: Path) -> None:
    folder = numbered(tmp_path / "large", square(2))
    data = (folder / "walk_001.png").read_bytes()
    header = data[12:16] + (60_000).to_bytes(4, "big") * 2 + data[24:29]
    huge = data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]
    (folder / "walk_001.png").write_bytes(huge)
    with pytest.raises(UnreadableInput, match="more than 8192 pixels"):
        sample(folder)


def test_the_videos_of_a_folder(tmp_path: Path) -> None:
    video(tmp_path / "b.mp4", square(4))
    animation(tmp_path / "c.webp", square(4))
    Image.fromarray(square(1)[0]).save(tmp_path / "still.webp")
    (tmp_path / "a.MOV").touch()
    (tmp_path / ".hidden.mp4").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "d.mp4").mkdir()
    assert [path.name for path in movies_in(tmp_path)] == ["a.MOV", "b.mp4", "c.webp"]
    assert movies_in(footage.numbered(tmp_path / "images", square(3))) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnreadableInput, match="neither videos nor numbered images"):
        movies_in(tmp_path / "empty")
