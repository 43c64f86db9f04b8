"""AnimateDiff: Stable Diffusion 1.5 with motion modules. Wraps diffusers."""

from typing import Any

from diffusers import DDIMScheduler, MotionAdapter, UNet2DConditionModel, UNetMotionModel
from torch import Tensor, nn

from .text_to_video import TextToVideoModel

_TRAINING_NOISE = {
    "beta_schedule": "linear",
    "clip_sample": False,
    "steps_offset": 1,
    "timestep_spacing": "linspace",
}
"""The motion modules were trained with other betas than SD 1.5 (AnimateDiff, inference-v3.yaml);
their ends, 0.00085 and 0.012, are those of SD 1.5's file."""


class AnimateDiffModel(TextToVideoModel):
    """SD 1.5's folder, with the motion adapter in `motion_adapter/` beside its other parts.

    A scheduler in that folder is used as it is if it is DDIM's; SD 1.5's own is another one, and is
    then replaced by the one that the motion modules were trained with.
    """

    classes = {
        "unet": "UNet2DConditionModel",
        "motion_adapter": "MotionAdapter",
        "vae": "AutoencoderKL",
        "text_encoder": "CLIPTextModel",
    }
    num_frames = 16

    @property
    def max_frames(self) -> int:
        return int(self._unet_config.motion_max_seq_length)

    def _load_unet(self) -> nn.Module:
        adapter = self._load(MotionAdapter, "motion_adapter", self.dtype)
        unet: nn.Module = UNetMotionModel.from_unet2d(
            self._load(UNet2DConditionModel, "unet", self.dtype), adapter
        )
        return unet

    def _load_scheduler_config(self) -> dict[str, Any]:
        config = super()._load_scheduler_config()
        if config.get("_class_name") == DDIMScheduler.__name__:
            return config
        return config | _TRAINING_NOISE

    def _text_rows(self, text: Tensor, frames: int) -> Tensor:
        # Since 0.31, UNetMotionModel leaves it to the caller to repeat the text for every frame.
        return text.repeat_interleave(frames, 0)
