"""Invalid model folders: one sentence for whatever is wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file

from mti_addon.wire.errors import ModelMissing, OutOfMemory
from mti_backend.failures import as_mti_error
from mti_backend.models import svd
from mti_backend.models.svd import SvdModel
from tests.tiny import make_tiny_model


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "svd"))


def weights(folder: Path, part: str) -> Path:
    return next((folder / part).glob("*.safetensors"))


def remove(path: Callable[[Path], Path]) -> Callable[[Path], None]:
    return lambda folder: path(folder).unlink()


def other_unet(folder: Path) -> None:
    shutil.rmtree(folder / "unet")
    UNet2DConditionModel(
        sample_size=8, block_out_channels=(32, 32), norm_num_groups=8, cross_attention_dim=16,
        layers_per_block=1, attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    ).save_pretrained(folder / "unet")  # fmt: skip


def other_encoder(folder: Path) -> None:
    path = folder / "image_encoder" / "config.json"
    config = json.loads(path.read_text()) | {"architectures": ["CLIPTextModel"]}
    path.write_text(json.dumps(config))


def spoil(part: str, value: float) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = weights(folder, part)
        tensors = load_file(path)
        name = max(tensors, key=lambda key: tensors[key].numel())
        tensors[name].view(-1)[7] = value
        save_file(tensors, path, {"format": "pt"})

    return change


def cut(part: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = weights(folder, part)
        path.write_bytes(path.read_bytes()[:1000])

    return change


def reshape(part: str) -> Callable[[Path], None]:
    """Like a different version of the model, for which the libraries list every tensor."""

    def change(folder: Path) -> None:
        path = weights(folder, part)
        tensors = {name: value[..., None].clone() for name, value in load_file(path).items()}
        save_file(tensors, path, {"format": "pt"})

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: shutil.rmtree(folder / "vae"), "is incomplete: vae missing"),
        (remove(lambda f: f / "unet" / "config.json"), r"unet.config\.json is missing or damaged"),
        (remove(lambda f: weights(f, "unet")), "cannot be loaded"),
        (remove(lambda f: weights(f, "image_encoder")), "cannot be loaded"),
        (lambda f: (f / "vae" / "config.json").write_text("{"), "is missing or damaged"),
        (
            other_unet,
            "a different model than svd: its unet is UNet2DConditionModel, not UNetSpatio",
        ),
        (other_encoder, "its image_encoder is CLIPTextModel"),
        (cut("vae"), "cannot be loaded"),
        (cut("unet"), "cannot be loaded"),
        (cut("image_encoder"), "cannot be loaded"),
        (reshape("unet"), "cannot be loaded"),
        (reshape("vae"), "cannot be loaded"),
        (reshape("image_encoder"), "cannot be loaded"),
        (spoil("unet", float("nan")), "is damaged: unet, .* contains values that are not finite"),
        (spoil("vae", float("inf")), "is damaged: vae, "),
        (spoil("image_encoder", float("-inf")), "is damaged: image_encoder, "),
    ],
)
def test_it_is_refused_by_one_sentence(
    folder: Path, change: Callable[[Path], None], message: str
) -> None:
    change(folder)
    with pytest.raises(ModelMissing, match=message) as refused:
        SvdModel("svd", folder)
    message = refused.value.message
    assert message.endswith(".") and "\n" not in message and len(message) < 400 + len(str(folder))
    assert refused.value.hint.endswith(".")


def test_weights_so_large_that_only_parts_are_read_may_be_cut_off(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(svd, "_READ_WHOLE", 100)
    cut("unet")(folder)
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        SvdModel("svd", folder)


def test_memory_that_ends_while_loading_is_no_damaged_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> object:
        return torch.empty(2**58, dtype=torch.uint8)

    monkeypatch.setattr(svd.AutoencoderKLTemporalDecoder, "from_pretrained", full)
    with pytest.raises(RuntimeError) as caught:
        SvdModel("svd", folder)
    assert isinstance(as_mti_error(caught.value), OutOfMemory)


def test_half_weights_are_looked_at_as_they_are(folder: Path) -> None:
    model = SvdModel("svd", folder, dtype=torch.float16)  # finite, up to 65504
    assert next(model.unet.parameters()).dtype == torch.float16
