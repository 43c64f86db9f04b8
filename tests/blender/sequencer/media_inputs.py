"""Strips of every kind that animators have, each in a scene of its own, for the tests.

`INPUTS` are functions of a Stage that give the strip to capture. What a plain render of the scene
shows of it is the right answer (`Stage.shown`): before another strip is laid over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

NEW_EFFECTS = bpy.app.version >= (5, 0)
SIZE = (96, 54)
INPUTS: dict[str, Callable[[Stage], Any]] = {}


def pixels(index: int, count: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Picture `index` of a movie (H, W, 4), 0..1: red says which one, green and blue say where."""
    width, height = size
    found = np.ones((height, width, 4), np.float32)
    found[..., 0] = 0.1 + 0.8 * index / max(1, count - 1)
    found[..., 1] = np.linspace(0.2, 0.8, width)[None]
    found[..., 2] = np.linspace(0.8, 0.2, height)[:, None]
    return found


def write(path: Path, values: np.ndarray, file_format: str = "PNG") -> Path:
    """An image file of values (H, W, 4), 0..1."""
    kind = {"alpha": True, "float_buffer": file_format == "OPEN_EXR"}
    image = bpy.data.images.new("x", values.shape[1], values.shape[0], **kind)
    image.pixels.foreach_set(np.ascontiguousarray(values[::-1]).ravel())
    image.filepath_raw, image.file_format = str(path), file_format
    image.save()
    bpy.data.images.remove(image)
    return path


def write_movie(path: Path, fps: int, count: int, size: tuple[int, int] = SIZE) -> Path:
    """A movie of pixels(0) to pixels(count - 1)."""
    scene = bpy.data.scenes.new("Film")
    render = scene.render
    render.resolution_x, render.resolution_y, render.fps = *size, fps
    scene.view_settings.view_transform = "Standard"
    strips = scene.sequence_editor_create().strips
    for i in range(count):
        file = write(path.with_name(f"{path.stem}_{i + 1:04d}.png"), pixels(i, count, size))
        strips.new_image(name="x", filepath=str(file), channel=1, frame_start=i + 1)
    scene.frame_end = count
    image = render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
    render.ffmpeg.constant_rate_factor = "PERC_LOSSLESS"
    render.use_file_extension, render.filepath = False, str(path)
    bpy.ops.render.render(animation=True, scene=scene.name)
    bpy.data.scenes.remove(scene)
    return path


class Stage:
    """A scene with a sequencer, and the files to put into it."""

    def __init__(self, scene: Any, media: Path, folder: Path) -> None:
        self.scene, self.media, self.folder = scene, media, folder
        render = scene.render
        render.resolution_x, render.resolution_y = 192, 108
        render.fps = 24
        scene.view_settings.view_transform = "Standard"
        self.editor = scene.sequence_editor_create()
        self.strips = self.editor.strips
        if hasattr(bpy.context.workspace, "sequencer_scene"):
            bpy.context.workspace.sequencer_scene = scene  # or a new modifier ends Blender 5.0

    def movie(self, name: str = "m12.mp4", start: int = 1, **place: Any) -> Any:
        where = {"channel": 1, "frame_start": start, "fit_method": "FIT"} | place
        return self.strips.new_movie(name="movie", filepath=str(self.media / name), **where)

    def movie_at_its_rate(self, name: str) -> Any:
        """As Blender's own Add Movie does by default."""
        return self.operator("movie_strip_add", filepath=str(self.media / name), channel=1,
                             frame_start=1, fit_method="FIT", sound=False,
                             adjust_playback_rate=True)  # fmt: skip

    def images(self, *names: str, start: int = 1) -> Any:
        strip = self.strips.new_image(
            name="images", filepath=names[0], channel=1, frame_start=start, fit_method="FIT"
        )
        for name in names[1:]:
            strip.elements.append(Path(name).name)
        return strip

    def numbered(self, count: int = 28) -> Any:
        return self.images(*(str(self.media / f"m12_{i + 1:04d}.png") for i in range(count)))

    def effect(self, kind: str, channel: int, start: int, end: int, *inputs: Any) -> Any:
        span = {"length": end - start} if NEW_EFFECTS else {"frame_end": end}
        named = {f"input{i + 1}": strip for i, strip in enumerate(inputs)}
        return self.strips.new_effect(
            name=kind.lower(), type=kind, channel=channel, frame_start=start, **span, **named
        )

    def meta(self, *strips: Any) -> Any:
        """A meta strip of these, as Blender's own menu makes it."""
        for strip in self.strips:
            strip.select = strip in strips
        meta = self.operator("meta_make")
        meta.name = "meta"
        return meta

    def selected(self, strip: Any) -> Any:
        """The strip, chosen alone and active."""
        for other in self.strips:
            other.select = other == strip
        self.editor.active_strip = strip
        return strip

    def operator(self, name: str, **values: Any) -> Any:
        """Blender's own operator, in a sequencer; gives the active strip."""
        window = bpy.context.window_manager.windows[0]
        area = window.screen.areas[0]
        kind, area.type = area.ui_type, "SEQUENCE_EDITOR"
        shown = {"scene": self.scene} | ({"sequencer_scene": self.scene} if NEW_EFFECTS else {})
        call = getattr(bpy.ops.sequencer, name)
        known = call.get_rna_type().properties.keys()
        values = {"move_strips": False, "set_view_transform": False} | values
        render = self.scene.render
        rate = render.fps, render.fps_base
        try:
            with bpy.context.temp_override(window=window, area=area):
                with bpy.context.temp_override(**shown):
                    call(**{key: value for key, value in values.items() if key in known})
        finally:
            area.ui_type = kind
            render.fps, render.fps_base = rate  # which the first movie changes
        return self.editor.active_strip

    def shown(self, frame: int) -> np.ndarray:
        """The picture (H, W, 4), 0..255, that a plain render shows, in the Standard view."""
        self.scene.frame_set(frame)
        render = self.scene.render
        render.image_settings.file_format = "PNG"
        render.image_settings.color_mode = "RGBA"
        render.filepath = str(self.folder / "shown.png")
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(render.filepath, check_existing=False)
        image.alpha_mode = "CHANNEL_PACKED"
        values = np.array(image.pixels[:]).reshape(image.size[1], image.size[0], 4)
        bpy.data.images.remove(image)
        return np.rint(values[::-1] * 255)

    def cover(self) -> None:
        """Lay another strip over all of it, which must not be seen."""
        self.effect("COLOR", 100, -500, 1000).color = (1, 0, 1)


def handles(strip: Any, start: int | None = None, end: int | None = None) -> Any:
    """Set the handles by the names of Blender 5.2, or those before; gives the strip."""
    new = hasattr(strip, "left_handle")
    if start is not None:
        setattr(strip, "left_handle" if new else "frame_final_start", start)
    if end is not None:
        setattr(strip, "right_handle" if new else "frame_final_end", end)
    return strip


def an_input(function: Callable[[Stage], Any]) -> Callable[[Stage], Any]:
    INPUTS[function.__name__] = function
    return function


@an_input
def a_movie_picture_by_picture(stage: Stage) -> Any:
    return stage.movie()


@an_input
def a_slow_movie_at_its_rate(stage: Stage) -> Any:
    return stage.movie_at_its_rate("m12.mp4")


@an_input
def a_fast_movie_at_its_rate(stage: Stage) -> Any:
    return stage.movie_at_its_rate("m60.mp4")


@an_input
def numbered_images(stage: Stage) -> Any:
    return stage.numbered()


@an_input
def a_reversed_movie(stage: Stage) -> Any:
    strip = stage.movie_at_its_rate("m60.mp4")
    strip.use_reverse_frames = True
    return strip


@an_input
def reversed_images(stage: Stage) -> Any:
    strip = stage.numbered()
    strip.use_reverse_frames = True
    return strip


@an_input
def a_hard_cut_at_the_start(stage: Stage) -> Any:
    return stage.movie().split(frame=9, split_method="HARD")


@an_input
def hard_cut_images(stage: Stage) -> Any:
    return stage.numbered().split(frame=9, split_method="HARD")


@an_input
def a_soft_cut_that_is_moved(stage: Stage) -> Any:
    strip = stage.movie(start=-40)
    return handles(strip, -35, -20)


@an_input
def a_hard_cut_of_a_movie_at_its_rate(stage: Stage) -> Any:
    return stage.movie_at_its_rate("m12.mp4").split(frame=21, split_method="HARD")


@an_input
def held_longer_than_it_is(stage: Stage) -> Any:
    return handles(stage.movie(), end=50)


@an_input
def a_strobe(stage: Stage) -> Any:
    strip = stage.movie()
    strip.strobe = 5
    return strip


@an_input
def flipped_both_ways(stage: Stage) -> Any:
    strip = stage.movie()
    strip.use_flip_x = strip.use_flip_y = True
    return strip


@an_input
def cropped(stage: Stage) -> Any:
    strip = stage.movie()
    strip.crop.min_x, strip.crop.max_x, strip.crop.min_y = 30, 10, 12
    return strip


@an_input
def in_a_corner(stage: Stage) -> Any:
    strip = stage.movie()
    strip.transform.scale_x = strip.transform.scale_y = 0.6
    strip.transform.offset_x, strip.transform.offset_y = 60, -35
    return strip


@an_input
def turned_and_cropped_about_its_corner(stage: Stage) -> Any:
    strip = stage.numbered()
    strip.transform.rotation, strip.transform.origin = math.radians(90), (0.25, 0.75)
    strip.crop.min_x = 20
    return strip


@an_input
def upside_down_and_wide(stage: Stage) -> Any:
    strip = stage.movie()
    strip.transform.rotation, strip.transform.scale_x = math.pi, 0.7
    return strip


@an_input
def a_keyed_pan(stage: Stage) -> Any:
    strip = stage.numbered()
    strip.transform.scale_x = strip.transform.scale_y = 1.0
    for frame, x in ((1, -40), (28, 40)):
        strip.transform.offset_x = x
        strip.transform.keyframe_insert("offset_x", frame=frame)
    return strip


@an_input
def a_driven_opacity(stage: Stage) -> Any:
    strip = stage.movie()
    driver = strip.driver_add("blend_alpha").driver
    driver.expression = "min(1, frame / 28)"
    return strip


@an_input
def colored(stage: Stage) -> Any:
    strip = stage.movie()
    strip.color_saturation, strip.color_multiply = 0.3, 0.7
    return strip


@an_input
def with_modifiers(stage: Stage) -> Any:
    strip = stage.movie()
    strip.modifiers.new("brighter", "BRIGHT_CONTRAST").bright = 0.1
    strip.modifiers.new("curves", "CURVES")
    return strip


@an_input
def with_a_speed_effect(stage: Stage) -> Any:
    movie = stage.movie()
    handles(movie, end=57)
    speed = stage.effect("SPEED", 2, 1, 57, movie)
    speed.speed_control, speed.speed_factor = "MULTIPLY", 0.5
    return speed


@an_input
def a_cross_of_two(stage: Stage) -> Any:
    one, other = stage.movie(), stage.numbered()
    other.channel = 2
    other.transform.rotation = 0.3
    return stage.effect("CROSS", 3, 1, 29, one, other)


@an_input
def a_blur(stage: Stage) -> Any:
    blur = stage.effect("GAUSSIAN_BLUR", 2, 1, 29, stage.movie())
    blur.size_x = blur.size_y = 9
    return blur


@an_input
def a_meta_strip(stage: Stage) -> Any:
    inner, other = stage.movie(), stage.numbered()
    other.channel, other.transform.scale_x = 2, 0.5
    return handles(stage.meta(inner, other), 3, 20)


@an_input
def inside_of_a_meta_strip(stage: Stage) -> Any:
    inner = stage.movie()
    meta = handles(stage.meta(inner), 5, 25)
    meta.use_flip_x = True
    return inner


@an_input
def a_text_that_moves(stage: Stage) -> Any:
    text = stage.effect("TEXT", 1, 1, 25)
    text.text, text.font_size = "MTI", 60
    for frame, x in ((1, 0.3), (24, 0.7)):
        text.location = (x, 0.5)
        text.keyframe_insert("location", frame=frame)
    return text


@an_input
def a_color_that_changes(stage: Stage) -> Any:
    color = stage.effect("COLOR", 1, 1, 25)
    for frame, value in ((1, 0.0), (24, 1.0)):
        color.color = (value, 0.5, 1 - value)
        color.keyframe_insert("color", frame=frame)
    return color


@an_input
def a_scene_strip(stage: Stage) -> Any:
    """Of a scene with a sequencer of its own, so that nothing of it is rendered."""
    inner = bpy.data.scenes.new("Inner")
    inner.render.resolution_x, inner.render.resolution_y = 192, 108
    inner.view_settings.view_transform, inner.frame_end = "Standard", 28
    inner.sequencer_colorspace_settings.name = "sRGB"
    inner.sequence_editor_create().strips.new_movie(
        name="inner", filepath=str(stage.media / "m12.mp4"), channel=1, frame_start=1
    )
    strip = stage.strips.new_scene(name="scene", scene=inner, channel=1, frame_start=1)
    strip.scene_input = "SEQUENCER"
    return strip


@an_input
def an_adjustment_of_what_is_below(stage: Stage) -> Any:
    stage.movie()
    layer = stage.effect("ADJUSTMENT", 3, 1, 29)
    layer.color_multiply = 0.5
    return layer


@an_input
def a_multicam(stage: Stage) -> Any:
    stage.movie()
    camera = stage.effect("MULTICAM", 4, 1, 29)
    camera.multicam_source = 1
    return camera


@an_input
def blended_with_what_is_below(stage: Stage) -> Any:
    """Alone it is shown as it is."""
    return stage.movie()


@an_input
def with_a_proxy(stage: Stage) -> Any:
    strip = stage.movie()
    strip.use_proxy = True
    strip.proxy.build_25 = True
    return strip


@an_input
def anamorphic(stage: Stage) -> Any:
    stage.scene.render.pixel_aspect_x = 2.0
    return stage.movie()


@an_input
def a_float_sequence(stage: Stage) -> Any:
    names = []
    for i in range(14):
        path = stage.folder / f"float_{i:03d}.exr"
        names.append(str(write(path, pixels(i, 14) ** 2.2, "OPEN_EXR")))
    return stage.images(*names)


@an_input
def with_alpha(stage: Stage) -> Any:
    names = []
    for i in range(14):
        values = pixels(i, 14)
        values[:, :, 3] = 0.3 + 0.7 * (np.arange(SIZE[0]) > 4 * i)[None]
        names.append(str(write(stage.folder / f"alpha_{i:03d}.png", values)))
    return stage.images(*names)


@an_input
def in_a_folder_with_other_letters(stage: Stage) -> Any:
    folder = stage.folder / "撮影 #1 100% 'ü'"
    folder.mkdir()
    return stage.images(*(str(write(folder / f"🎬_{i:02d}.png", pixels(i, 14))) for i in range(14)))


@an_input
def muted_on_a_muted_channel(stage: Stage) -> Any:
    return stage.movie()


@an_input
def slowed_by_retiming(stage: Stage) -> Any:
    """From its middle on. Scripts can add keys from 5.2 on only; Blender's own operator can."""
    strip = stage.selected(stage.movie())
    stage.operator("retiming_key_add", timeline_frame=15)
    strip.retiming_keys[-1].timeline_frame = 57
    assert [key.timeline_frame for key in strip.retiming_keys] == [1, 15, 57]
    return strip


@an_input
def at_half_its_speed_by_retiming(stage: Stage) -> Any:
    strip = stage.selected(stage.numbered())
    stage.operator("retiming_show")
    stage.operator("select_all", action="SELECT")
    stage.operator("retiming_segment_speed_set", speed=50.0)
    assert strip.retiming_keys[-1].timeline_frame >= 55  # Blender 4.5 counts otherwise
    return strip


def hide(name: str, strip: Any) -> None:
    """What is done to an input after its right answer is known, and must change nothing."""
    if name.startswith("muted"):
        strip.mute = strip.id_data.sequence_editor.channels[1].mute = True
    if name.startswith("blended"):
        strip.blend_type = "MULTIPLY"
