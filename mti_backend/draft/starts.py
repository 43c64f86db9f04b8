"""Where the draft's networks start: as the simplest thing right in colour. Imports torch only.

These classes end in a group norm over 32 groups. With two channels to a group it erases every flat
colour, and even with three or four it takes thousands of steps to find a way around. So a few
channels are wired by hand at the start: a value x and its negative share a group with constants,
which makes the norm all but linear, and silu(x) - silu(-x) = x takes the nonlinearity out.
Everything else starts at random, and all of it is trained.
"""

from typing import Any

import torch
from torch import Tensor, nn

# large beside x in [-1, 1], so that the norm's divisor hardly depends on the picture
_CONSTANT = 5.0


def start_as_blur(vae: Any) -> None:
    """Latents 0..2 start as the mean colour of their 4 x 4 pixels, and decode to a blur."""
    with torch.no_grad():
        _silence_residuals(vae)
        _start_encoder(vae.encoder)
        vae.quant_conv.weight.copy_(torch.eye(len(vae.quant_conv.weight))[..., None, None])
        vae.quant_conv.bias.zero_()
        _start_decoder(vae.decoder)


def start_as_still(unet: Any, latent_channels: int, scale: float) -> None:
    """The output starts at -scale times the image latent: at high noise, a still clip."""
    with torch.no_grad():
        last = unet.up_blocks[-1].resnets[-1].spatial_res_block
        last.conv2.weight.zero_()
        last.conv2.bias.zero_()
        width = unet.conv_in.out_channels
        step = width // 32
        for k in range(latent_channels):
            _row(unet.conv_in, step * k, {latent_channels + k: 1.0})
            _row(last.conv_shortcut, step * k, {width + step * k: 1.0})
            _row(last.conv_shortcut, step * k + 1, {width + step * k: -1.0})
            _constants(last.conv_shortcut, step, k)
            _linear_norm(unet.conv_norm_out, step, k)
            _row(unet.conv_out, k, {step * k: -scale, step * k + 1: scale})


def _silence_residuals(model: Any) -> None:
    """Every residual branch starts at zero: the stream passes unchanged."""
    for name, module in model.named_modules():
        if name.endswith(".conv2"):
            module.weight.zero_()
            module.bias.zero_()
        elif name.endswith("attentions.0"):
            module.to_out[0].weight.zero_()
            module.to_out[0].bias.zero_()


def _start_encoder(encoder: Any) -> None:
    last = encoder.down_blocks[-1].resnets[0]
    step, end = encoder.conv_in.out_channels // 32, last.conv_shortcut.out_channels // 32
    mean = torch.zeros(3, 3)
    mean[:2, :2] = 0.25  # the padded stride-2 convolution sees rows 2i .. 2i + 2
    for c in range(3):
        _row(encoder.conv_in, step * c, {c: 1.0})
        for block in encoder.down_blocks[:-1]:
            _row(block.downsamplers[0].conv, step * c, {step * c: mean})
        _row(last.conv_shortcut, end * c, {step * c: 1.0})
        _row(last.conv_shortcut, end * c + 1, {step * c: -1.0})
        _constants(last.conv_shortcut, end, c)
        _linear_norm(encoder.conv_norm_out, end, c)
        _row(encoder.conv_out, c, {end * c: 1.0, end * c + 1: -1.0})


def _start_decoder(decoder: Any) -> None:
    start, step = decoder.conv_in.out_channels // 32, decoder.conv_out.in_channels // 32
    edge = torch.tensor([1.0, 2.0, 1.0]) / 4
    smooth = edge[:, None] * edge
    narrowing = decoder.up_blocks[1].resnets[0].spatial_res_block.conv_shortcut
    for c in range(3):
        _row(decoder.conv_in, start * c, {c: 1.0})
        _row(decoder.up_blocks[0].upsamplers[0].conv, start * c, {start * c: smooth})
        _row(narrowing, step * c, {start * c: 1.0})
        for sign in (1.0, -1.0):
            row = step * c + (0 if sign > 0 else 1)
            _row(decoder.up_blocks[1].upsamplers[0].conv, row, {step * c: sign * smooth})
        _constants(decoder.up_blocks[1].upsamplers[0].conv, step, c)
        _linear_norm(decoder.conv_norm_out, step, c)
        _row(decoder.conv_out, c, {step * c: 1.0, step * c + 1: -1.0})


def _row(conv: Any, row: int, taps: dict[int, float | Tensor]) -> None:
    """Output channel `row` reads these inputs only: a whole kernel, or a weight of its centre."""
    conv.weight[row] = 0
    conv.bias[row] = 0
    middle = conv.kernel_size[0] // 2
    for channel, tap in taps.items():
        if isinstance(tap, Tensor):
            conv.weight[row, channel] = tap
        else:
            conv.weight[row, channel, middle, middle] = tap


def _constants(conv: Any, step: int, group: int) -> None:
    """The rest of a group: +C, or +C and -C where it has four channels."""
    for i, sign in zip(range(2, step), (1.0, -1.0), strict=False):
        _row(conv, step * group + i, {})
        conv.bias[step * group + i] = sign * _CONSTANT


def _linear_norm(norm: nn.GroupNorm, step: int, group: int) -> None:
    """Undo what the norm does to x = 0: its mean and its divisor."""
    values = torch.tensor([0.0, 0.0, _CONSTANT, -_CONSTANT][:step])
    mean, deviation = values.mean(), values.std(correction=0)
    rows = slice(step * group, step * group + 2)
    norm.weight[rows] = deviation
    norm.bias[rows] = mean
