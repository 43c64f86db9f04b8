"""The chosen motion's images are loaded a few at a time, and shown at the motion's own speed."""

from __future__ import annotations

import bpy
import pytest

pytestmark = pytest.mark.once


@pytest.fixture
def player(entry, ext, monkeypatch):
    """A player of Wave, and a clock that only the test moves."""
    playing = ext("blender.common.playing")
    clock = [100.0]
    monkeypatch.setattr(playing.time, "monotonic", lambda: clock[0])
    found = playing.Player(ext("blender.library.playing").Captured(entry("Wave")))
    yield found, clock
    found.free()
    monkeypatch.undo()


def test_images_are_loaded_within_the_time_given(player):
    found, _ = player
    assert found.icon() == 0 and not found.is_ready
    found.load(0.0)
    assert found.clip._loaded == 1 and found.icon() == 0
    found.load(10.0)
    assert found.is_ready and found.clip._loaded == 14


def test_each_image_is_shown_in_its_turn_and_then_the_first_again(player, ext, monkeypatch):
    found, clock = player
    found.load(10.0)
    shown = []
    icons = ext("blender.common.icons")
    monkeypatch.setattr(icons, "sure_icon", lambda key, path_of: shown.append(path_of().name) or 1)
    for step in range(16):
        clock[0] = 100.0 + (step + 0.5) / found.clip.fps
        assert found.icon() == 1
        assert 0 < found.until_next() <= 1 / found.clip.fps + 0.01
    assert shown == [f"{i % 14 + 1:04d}.png" for i in range(16)]


def test_images_that_would_block_blender_are_not_played(player, ext, monkeypatch):
    found, _ = player
    monkeypatch.setattr(ext("blender.library.playing"), "MOST_BYTES", 10)
    found.load(10.0)
    assert found.is_ready and found.icon() == 0


def test_the_images_are_freed_with_the_player(player, ext):
    found, _ = player
    icons = ext("blender.common.icons")
    found.load(10.0)
    before = len(icons._used)
    found.free()
    assert len(icons._used) == before - 14


def test_it_rests_when_nobody_touches_the_sidebar(player, ext, monkeypatch):
    found, clock = player
    playing = ext("blender.common.playing")
    monkeypatch.setitem(playing._players, "library", found)
    found.load(10.0)
    for _ in range(int(playing.REST * found.clip.fps) + 10):  # only the timer has it drawn
        found.drawn_in(1)
        if playing._tick() is None:
            break
        clock[0] += 1 / found.clip.fps
    assert found.rests and clock[0] > 100.0 + playing.REST
    found.drawn_in(1)  # the mouse is over it
    found.drawn_in(1)
    assert not found.rests and playing._tick() is not None


def test_nothing_plays_without_a_window(entry, ext):
    playing, timer = ext("blender.library.playing"), ext("blender.common.playing")
    assert playing.can_play(entry("Wave"))
    assert playing.icon(bpy.context, entry("Wave")) == 0
    assert not bpy.app.timers.is_registered(timer._tick)


def test_the_timer_ends_when_nothing_shows_the_motion(entry, ext):
    playing = ext("blender.common.playing")
    found = playing.Player(ext("blender.library.playing").Captured(entry("Wave")))
    playing._players["library"] = found
    found.load(10.0)
    found.regions = {1}
    ticks = [playing._tick() for _ in range(6)]
    assert all(ticks[:4]) and ticks[-1] is None
    playing.stop()
    assert playing._tick() is None


class Shown:
    """A clip of one image, whose icon ID is told from others."""

    fps, count = 10.0, 1

    def __init__(self, key, log):
        self.key, self._log = key, log

    def load(self, seconds):
        return seconds > 0

    def icon(self, _number):
        return int(self.key)

    def free(self):
        self._log.append(self.key)


def test_the_clip_before_is_shown_until_the_next_one_is_loaded(ext, scene):
    playing, freed = ext("blender.common.playing"), []
    first = playing.Player(Shown("1", freed))
    first.load(1.0)
    second = playing.Player(Shown("2", freed), playing._succeeded(first, keep=True))
    assert second.icon() == 1 and not freed
    third = playing.Player(Shown("3", freed), playing._succeeded(second, keep=True))
    assert freed == ["2"] and third.icon() == 1, "the second one was never shown"
    third.load(1.0)
    assert third.icon() == 3 and freed == ["2", "1"]
    assert playing._succeeded(third, keep=False) is None and freed == ["2", "1", "3"]


def test_the_clip_that_is_still_shown_plays_on_if_it_is_wanted_again(ext, scene):
    """Two clips of one key have images of one name, so that one must not be freed for the other."""
    playing, freed = ext("blender.common.playing"), []
    first = playing._next(None, "1", lambda: Shown("1", freed), keep=True)
    first.load(0.1)
    second = playing._next(first, "2", lambda: Shown("2", freed), keep=True)
    assert second.before is first and not second.is_ready
    undone = playing._next(second, "1", lambda: Shown("1", freed), keep=True)
    assert undone is first and undone.is_ready and undone.icon() and freed == ["2"]


def test_a_large_library_keeps_a_bounded_number_of_icons(own, ext):
    icons = ext("blender.common.icons")
    picture = own / "wave" / "thumbnail.png"
    for number in range(icons.KEPT + 50):
        assert icons.sure_icon(f"picture {number}", lambda: picture) > 0 or bpy.app.background
    assert len(icons._used) <= icons.KEPT
