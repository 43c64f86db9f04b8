"""Save and restore of Blender's properties, where they depend on each other."""

from __future__ import annotations

import bpy
import pytest


def test_values_are_set_and_put_back(scene, ext):
    overriding = ext("blender.common.overrides").overriding
    render, shading = scene.render, scene.display.shading
    render.resolution_x = 333
    shading.single_color = (0.1, 0.2, 0.3)
    with overriding(
        (render, {"resolution_x": 64, "engine": "CYCLES"}),
        (shading, {"single_color": (1, 1, 1)}),
    ):
        assert (render.resolution_x, render.engine) == (64, "CYCLES")
        assert tuple(shading.single_color) == (1, 1, 1)
    assert render.resolution_x == 333 and "EEVEE" in render.engine
    assert tuple(shading.single_color) == pytest.approx((0.1, 0.2, 0.3))


def test_what_has_its_value_already_is_not_written(scene, ext):
    """An engine that is not there reads as EEVEE; written back, it would be EEVEE for good."""

    class Other(bpy.types.RenderEngine):
        bl_idname, bl_label = "OTHER", "Other"

    bpy.utils.register_class(Other)
    scene.render.engine = "OTHER"
    bpy.utils.unregister_class(Other)
    with ext("blender.common.overrides").overriding(
        (scene.render, {"engine": scene.render.engine, "fps": 7})
    ):
        assert scene.render.fps == 7
    bpy.utils.register_class(Other)
    kept = scene.render.engine
    scene.render.engine = "CYCLES"
    bpy.utils.unregister_class(Other)
    assert kept == "OTHER"


def test_put_back_after_an_error(scene, ext):
    with pytest.raises(KeyError):
        with ext("blender.common.overrides").overriding((scene.render, {"fps": 7})):
            assert scene.render.fps == 7
            raise KeyError
    assert scene.render.fps == 24


def test_a_refused_value_leaves_everything_as_it_was(scene, ext):
    with pytest.raises(TypeError):
        with ext("blender.common.overrides").overriding(
            (scene.render, {"fps": 7, "engine": "NO_SUCH_ENGINE"})
        ):
            raise AssertionError("must not be reached")
    assert scene.render.fps == 24


def test_unknown_names_are_skipped(scene, ext):
    with ext("blender.common.overrides").overriding((scene.render, {"of_blender_9": 1, "fps": 7})):
        assert scene.render.fps == 7


def test_a_file_format_that_depends_on_its_media_type(scene, ext):
    settings = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    settings.color_mode = "BW"
    plain = {"media_type": "IMAGE", "file_format": "PNG", "color_mode": "RGB", "color_depth": "16"}
    with ext("blender.common.overrides").overriding((settings, plain)):
        assert (settings.file_format, settings.color_depth) == ("PNG", "16")
    assert (settings.file_format, settings.color_mode) == ("FFMPEG", "BW")
    assert getattr(settings, "media_type", "VIDEO") == "VIDEO"


def test_a_format_whose_depth_the_other_does_not_have(scene, ext):
    settings = scene.render.image_settings
    settings.file_format = "OPEN_EXR"
    settings.color_mode, settings.color_depth = "RGBA", "32"
    plain = {"file_format": "JPEG", "color_mode": "RGB", "color_depth": "8"}
    with ext("blender.common.overrides").overriding((settings, plain)):
        assert settings.file_format == "JPEG"
    assert settings.file_format == "OPEN_EXR"
    assert (settings.color_mode, settings.color_depth) == ("RGBA", "32")


def test_a_name_that_means_another_thing_after_a_change(scene, ext):
    """studio_light is the matcap's name while light is MATCAP; both have to come back."""
    shading = scene.display.shading
    shading.light = "STUDIO"
    shading.studio_light = "rim.sl"
    shading.light = "MATCAP"
    matcap = shading.studio_light
    soft = {"light": "STUDIO", "studio_light": "paint.sl"}
    with ext("blender.common.overrides").overriding((shading, soft)):
        assert shading.studio_light == "paint.sl"
    assert (shading.light, shading.studio_light) == ("MATCAP", matcap)
    shading.light = "STUDIO"
    assert shading.studio_light == "rim.sl"


def test_nested(scene, ext):
    overriding = ext("blender.common.overrides").overriding
    with overriding((scene.render, {"fps": 7})), overriding((scene.render, {"fps": 8})):
        assert scene.render.fps == 8
    assert scene.render.fps == 24
    assert bpy.context.scene == scene
