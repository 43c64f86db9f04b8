"""ZeroScope v2 and ModelScope 1.7B: text-to-video by UNet3DConditionModel. Wraps diffusers."""

from diffusers import UNet3DConditionModel
from torch import nn

from .text_to_video import TextToVideoModel


class ZeroScopeModel(TextToVideoModel):
    """The model of the paper's figures. Its weights may not be used commercially (CC-BY-NC 4.0)."""

    classes = {
        "unet": "UNet3DConditionModel",
        "vae": "AutoencoderKL",
        "text_encoder": "CLIPTextModel",
    }
    num_frames = 24

    def _load_unet(self) -> nn.Module:
        unet: nn.Module = self._load(UNet3DConditionModel, "unet", self.dtype)
        return unet
