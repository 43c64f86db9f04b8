from __future__ import annotations

import dataclasses
import json
from typing import get_type_hints

import pytest

from mti_addon.wire import codec, motion_inversion, settings
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.settings import ALL_MODELS, Settings
from tests.wire.examples import limit_of


@pytest.mark.parametrize("name", ALL_MODELS)
def test_every_model_has_valid_defaults(name: str) -> None:
    defaults = Settings.for_model(name)
    defaults.check()
    assert defaults.model == name


@pytest.mark.parametrize(("name", "frames"), [("svd", 14), ("svd-xt", 25)])
def test_the_defaults_of_svd_are_the_paper_s_but_for_kept_variants(name: str, frames: int) -> None:
    svd = Settings.for_model(name)
    assert (svd.num_frames, svd.width, svd.height) == (frames, 1024, 576)
    inversion, sampling = svd.inversion, svd.sampling
    assert (inversion.tokens_per_frame, inversion.iterations, inversion.batch_size) == (5, 1000, 1)
    assert (inversion.learning_rate, inversion.p_mean, inversion.p_std) == (1e-2, 2.8, 1.6)
    assert (inversion.init_noise_std, inversion.per_frame) == (0.1, True)
    assert inversion.augmentation.enabled and inversion.augmentation.variants == 32
    assert (inversion.learning_rate_decay, inversion.precision) == ("none", "auto")
    assert (
        sampling.min_guidance_scale,
        sampling.max_guidance_scale,
        sampling.num_inference_steps,
    ) == (1.0, 3.0, 25)
    assert (sampling.fps, sampling.motion_bucket_id, sampling.noise_aug_strength) == (7, 127, 0.02)
    assert sampling.decode_chunk_size == 0


def test_a_model_that_is_not_known_is_refused() -> None:
    with pytest.raises(BadRequest, match="must be one of: draft, svd, svd-xt, animatediff, "):
        Settings.for_model("sora")


def test_only_the_draft_makes_in_betweens() -> None:
    def asked(name: str) -> Settings:
        plain = Settings.for_model(name)
        sampling = dataclasses.replace(plain.sampling, in_between=3)
        return dataclasses.replace(plain, sampling=sampling)

    asked("draft").check()
    assert asked("draft").images == 14 + 3 * 13 and Settings.for_model("svd-xt").images == 25
    with pytest.raises(BadRequest, match=r"^settings\.sampling\.in_between is 3, .* must be 0"):
        asked("svd").check()


@pytest.mark.parametrize("field", ["width", "height"])
def test_a_size_that_the_autoencoder_cannot_halve_is_refused(field: str) -> None:
    odd = dataclasses.replace(Settings.for_model("svd"), **{field: 100})
    for read in (odd.check, lambda: Settings.from_dict(odd.to_dict())):
        with pytest.raises(BadRequest, match=rf"^settings\.{field} is 100, .* multiple of 8\.$"):
            read()


def test_from_dict_names_the_field_by_its_path() -> None:
    value = Settings.for_model("svd").to_dict()
    value["inversion"]["augmentation"]["hue"] = 2
    with pytest.raises(BadRequest) as caught:
        Settings.from_dict(value)
    expected = "settings.inversion.augmentation.hue is 2, outside 0 to 0.5 turns +-."
    assert caught.value.message == expected


@pytest.mark.parametrize(
    "cls",
    [
        settings.Settings,
        settings.InversionSettings,
        settings.SamplingSettings,
        settings.Augmentation,
        motion_inversion.MotionInversionSettings,
        motion_inversion.LearningSettings,
        motion_inversion.PlayingSettings,
    ],
)
def test_every_field_says_what_it_is(cls: type) -> None:
    for field in dataclasses.fields(cls):
        spec = limit_of(cls, field.name)
        assert spec is not None and spec.doc.endswith("."), field.name
        if get_type_hints(cls)[field.name] in (int, float):
            assert isinstance(spec, codec.Range), field.name


@pytest.mark.parametrize("name", ALL_MODELS)
def test_settings_survive_the_round_trip(name: str) -> None:
    defaults = Settings.for_model(name)
    other = dataclasses.replace(
        defaults.inversion,
        precision="bfloat16",
        learning_rate_decay="cosine",
        augmentation=dataclasses.replace(defaults.inversion.augmentation, variants=1024),
    )
    for settings_ in (defaults, dataclasses.replace(defaults, inversion=other)):
        assert Settings.from_dict(settings_.to_dict()) == settings_


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("augmentation", "variants"), 1025, "augmentation.variants is 1025, outside 0 to 1024"),
        (("precision",), "float16", "precision is 'float16', and must be one of: float32, "),
        (("learning_rate_decay",), "linear", "learning_rate_decay is 'linear', and must be one of"),
    ],
)
def test_what_learning_cannot_do_is_refused(
    path: tuple[str, ...], value: object, message: str
) -> None:
    whole = Settings.for_model("draft").to_dict()
    part = whole["inversion"]
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(BadRequest, match=message):
        Settings.from_dict(whole)


def test_settings_of_protocol_1_mean_what_they_meant() -> None:
    """Every iteration had its own augmentation, in float32, without decay."""
    old = Settings.for_model("draft").to_dict()
    for name in ("precision", "learning_rate_decay", "token_init"):
        del old["inversion"][name]
    del old["inversion"]["augmentation"]["variants"]
    before = json.dumps(old)
    inversion = Settings.from_dict(settings.upgraded(old, 1)).inversion
    assert (inversion.precision, inversion.learning_rate_decay) == ("float32", "none")
    assert inversion.augmentation.variants == 0
    assert json.dumps(old) == before
    with pytest.raises(BadRequest, match="is missing"):
        Settings.from_dict(old)


@pytest.mark.parametrize("value", [None, 3, [], {}, {"inversion": []}, {"inversion": {}}])
def test_what_is_no_settings_stays_none_of_them(value: object) -> None:
    with pytest.raises(BadRequest):
        Settings.from_dict(settings.upgraded(value, 1))
