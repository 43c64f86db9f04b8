"""The stages in order, resumed bit for bit, and the model that comes out of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers import AnimateDiffPipeline
from PIL import Image
from safetensors.torch import load_file

from mti_addon.wire.settings import Settings
from mti_backend.draft.by_words.export import PARTS, export
from mti_backend.draft.by_words.losses import draw_pictures, image_error
from mti_backend.draft.by_words.movers import FRAMES
from mti_backend.draft.by_words.samples import CAPTIONS, write_samples
from mti_backend.draft.by_words.scenes import SIZE
from mti_backend.draft.by_words.stages import STAGES, stages, trained_autoencoder
from mti_backend.draft.training import history
from mti_backend.draft.training.export import start_from
from mti_backend.draft.training.stages import run_stages
from mti_backend.method.motion_inversion.optimization import MotionInversion
from mti_backend.method.motion_inversion.sampling import sample
from mti_backend.method.motion_inversion.settings import PlayingSettings
from mti_backend.models import load_text_to_video
from mti_backend.models.animatediff import AnimateDiffModel
from tests.draft.procedural.examples import generator

STEPS = 3
SETTINGS = {
    name: replace(settings, steps=STEPS, batch=batch, save_every=2)
    for (name, settings), batch in zip(STAGES.items(), (3, 3, 16), strict=True)
}


class StopError(Exception):
    """Stands for a killed process."""


def train(folder: Path) -> None:
    run_stages(stages(folder, SETTINGS), lambda line: None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    train(folder)
    return folder


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("weights")
    return folder, export(trained, folder)


@pytest.fixture(scope="module")
def model(exported: tuple[Path, int]) -> AnimateDiffModel:
    found = load_text_to_video("draft-by-words", folder=exported[0])
    assert isinstance(found, AnimateDiffModel)
    return found


def test_a_killed_training_goes_on_bit_for_bit(trained: Path, tmp_path: Path) -> None:
    """Every stage is killed in its last step, and resumed from the checkpoint before."""
    for name in SETTINGS:
        for stage in stages(tmp_path, SETTINGS):
            whole = stage.loss

            def dies(step: int, whole=whole, dies=stage.name == name) -> torch.Tensor:  # type: ignore[no-untyped-def]
                if dies and step == STEPS - 1:
                    raise StopError
                loss: torch.Tensor = whole(step)
                return loss

            stage.loss = dies
            try:
                stage.run(lambda line: None)
            except StopError:
                break
    train(tmp_path)
    for name in SETTINGS:
        one, other = (
            load_file(folder / f"{name}.checkpoint.safetensors") for folder in (trained, tmp_path)
        )
        assert one.keys() == other.keys() and len(one) > 50
        assert all(torch.equal(one[key], other[key]) for key in one), name


def test_words_reach_the_check(trained: Path) -> None:
    (entry,) = [
        json.loads(line)
        for line in (trained / "pictures.check.jsonl").read_text("utf-8").splitlines()
    ]
    assert entry["step"] == 2 and set(entry) == {"step", "loss", "other_words"}
    assert entry["loss"] != entry["other_words"]


def test_it_is_small_enough_to_ship(exported: tuple[Path, int]) -> None:
    folder, size = exported
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert size == sum(path.stat().st_size for path in files) <= 40e6
    assert {path.suffix for path in files} == {".json", ".safetensors", ".txt"}


def test_an_export_tells_how_it_was_trained(
    exported: tuple[Path, int], model: AnimateDiffModel
) -> None:
    (run,) = history.load(exported[0])
    assert run["identity"] == model.identity


def test_training_goes_on_from_an_export(
    exported: tuple[Path, int], trained: Path, tmp_path: Path
) -> None:
    """Every stage begins with the exported weights, which have half the precision."""
    start_from(exported[0], tmp_path, PARTS)
    for stage in stages(tmp_path, SETTINGS):
        assert stage.step == 0 and len(stage.weights) > 50
        if stage.name == "autoencoder":
            continue  # whitened, so its weights are others, but not its images
        known = load_file(trained / f"{stage.name}.checkpoint.safetensors")
        for key, weight in stage.weights.items():
            average = known[f"average/{key}"]
            torch.testing.assert_close(weight.data, average, rtol=1e-3, atol=1e-5, msg=key)
    pixels, _ = draw_pictures(4, generator(1))
    old, new = (trained_autoencoder(folder) for folder in (trained, tmp_path))
    with torch.no_grad():
        latents = [each.encode(pixels).latent_dist.mean for each in (old, new)]
    torch.testing.assert_close(latents[1], latents[0], rtol=0.02, atol=0.02)
    (inherited,) = history.load(tmp_path)
    export(tmp_path, tmp_path / "weights")
    before, now = history.load(tmp_path / "weights")
    assert before == inherited and now["started_from"] == inherited["identity"]


def test_the_engine_loads_it(model: AnimateDiffModel, trained: Path) -> None:
    assert model.pixels_per_latent == 4 and model.latent_channels == 4
    assert model.num_frames == FRAMES and model.max_frames >= FRAMES
    pixels, _ = draw_pictures(4, generator(1))
    with torch.no_grad():
        known = trained_autoencoder(trained).encode(pixels).latent_dist.mean
    # the file has half the precision
    torch.testing.assert_close(model.encode_video(pixels)[0], known, rtol=0.02, atol=0.02)
    assert image_error(model.decode(known[None]), pixels) < 2


def test_our_loop_gives_the_frames_of_diffusers_pipeline(
    exported: tuple[Path, int], model: AnimateDiffModel
) -> None:
    """The folder is a whole AnimateDiffPipeline."""
    pipeline = AnimateDiffPipeline.from_pretrained(exported[0]).to(torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    prompt = "a red dog jumping on grass"
    settings = replace(
        PlayingSettings.for_model("draft-by-words"), num_inference_steps=2, num_frames=4, seed=6
    )
    ours = sample(model, None, prompt, settings)
    theirs = pipeline(
        prompt, num_frames=4, height=SIZE, width=SIZE, num_inference_steps=2,
        guidance_scale=settings.guidance_scale, generator=generator(6), output_type="pt",
    ).frames[0]  # fmt: skip
    torch.testing.assert_close((ours + 1) / 2, theirs, rtol=0, atol=1e-4)


def test_samples_are_one_row_for_each_caption(exported: tuple[Path, int], tmp_path: Path) -> None:
    sheet = tmp_path / "new" / "samples.png"
    write_samples(exported[0], sheet, steps=1)
    with Image.open(sheet) as image:
        assert image.width > 8 * SIZE and image.height > len(CAPTIONS) * SIZE


def test_the_image_model_can_be_exported_before_the_clips_stage(
    trained: Path, tmp_path: Path
) -> None:
    """Its motion modules do nothing, so every frame of a clip is made of its own noise."""
    work = tmp_path / "work"
    shutil.copytree(trained, work, ignore=shutil.ignore_patterns("clips*"))
    with pytest.raises(FileNotFoundError):
        export(work, tmp_path / "weights")
    assert not (tmp_path / "weights").exists()
    export(work, tmp_path / "weights", motion=False)
    image = load_text_to_video("draft-by-words", folder=tmp_path / "weights")
    x = torch.randn(1, 3, 4, 16, 16, generator=generator(3))
    text = image.encode_prompt("a red dog")
    with torch.no_grad():
        clip = image.network(x, torch.tensor(400), text)
        alone = image.network(x[:, 1:2], torch.tensor(400), text)
    torch.testing.assert_close(clip[:, 1:2], alone, rtol=1e-4, atol=1e-5)


def test_a_motion_is_learned_on_it_and_kept_in_its_file(
    model: AnimateDiffModel, tmp_path: Path
) -> None:
    settings = replace(Settings.for_model("draft-by-words").words.learning, iterations=1, keep=())
    clip = torch.zeros(4, 3, SIZE, SIZE)
    with MotionInversion(model, clip, "a red dog", settings) as inversion:
        inversion.step()
        motion = inversion.motion()
    levels = {layer.places for layer in motion.header.layers}
    assert levels == {64, 16} and motion.header.engine == "draft-by-words"
    motion.save(tmp_path / "motion.safetensors")
    assert (tmp_path / "motion.safetensors").stat().st_size < 8 * 2**20
