"""The first frame's pixels move to where the drawn clip has them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mti_backend.draft.procedural.body import HUMAN
from mti_backend.draft.procedural.clips import camera_of
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.maps import MotionMaps, motion_maps
from mti_backend.draft.procedural.motions import Motions, frame_times, random_motions
from mti_backend.draft.procedural.pose import pose
from mti_backend.draft.procedural.render import NOBODY, draw
from tests.draft.procedural.examples import generator, held, on_plain_grey, plain_figure

SIZE = 64


def maps_of(motions: Motions, times: Tensor, seed: int = 0) -> tuple[MotionMaps, Tensor, Tensor]:
    """Maps, images (B, T, 3, S, S) and parts (B, T, S, S) of flat bodies on gray."""
    g = generator(seed)
    figures = on_plain_grey(random_figures(len(times), g, "solid"))
    figures = replace(figures, shadow=torch.zeros_like(figures.shadow))
    posed, camera = pose(figures, motions, times), camera_of(motions, times)
    drawing = draw(figures, posed.ends, camera, SIZE)
    maps = motion_maps(figures, posed.ends, drawing.classes[:, 0], camera)
    return maps, drawing.pixels, drawing.classes


def test_what_stands_still_goes_nowhere() -> None:
    motions = held(arm_r=0.8)
    maps, _, _ = maps_of(motions, torch.tensor([[0.0, 0.4, 1.0]]))
    assert maps.flow.shape == (1, 2, 2, SIZE, SIZE) and maps.flow.abs().max() < 1e-5


def test_a_pixel_goes_where_its_part_is_then() -> None:
    """Nearly all pixels of a part arrive on the same part, or behind another."""
    count = 24
    motions = random_motions(count, generator(1))
    times = torch.tensor([0.0, 0.7]).expand(count, 2)
    maps, _, parts = maps_of(motions, times, seed=2)
    axis = (torch.arange(SIZE) + 0.5) / SIZE
    here = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))
    there = ((here + maps.flow[:, 0]) * SIZE).floor().long()
    inside = ((there >= 0) & (there < SIZE)).all(1) & (parts[:, 0] != NOBODY)
    there = there.clamp(0, SIZE - 1)
    index = there[:, 1] * SIZE + there[:, 0]
    arrived = parts[:, 1].flatten(1).gather(1, index.flatten(1)).unflatten(1, (SIZE, SIZE))
    same = (arrived == parts[:, 0])[inside].float().mean().item()
    nobody = (arrived == NOBODY)[inside].float().mean().item()
    assert same > 0.8 and nobody < 0.06


def test_the_background_goes_with_the_camera() -> None:
    def values(t: Tensor) -> Tensor:
        out = held().values(t)
        from mti_backend.draft.procedural.motions import INDEX

        out[:, INDEX["pan_x"]] = 0.25 * t
        return out

    maps, _, _ = maps_of(Motions(values, torch.tensor([True])), torch.tensor([[0.0, 1.0]]))
    far = maps.near[0, 0] == 0
    flow = maps.flow[0, 0][:, far]
    assert flow[1].abs().max() < 1e-5
    assert flow[0].max() <= -0.25 * 0.4 + 1e-4 and flow[0].min() >= -0.25 - 1e-4  # parallax


def test_depth_is_what_the_painter_goes_by() -> None:
    figure = plain_figure()
    posed = pose(figure, held(arm_r_forward=1.2), torch.zeros(1, 2))
    camera = torch.zeros(1, 2, 4)
    classes = draw(figure, posed.ends[:, :1], camera[:, :1], SIZE).classes[:, 0]
    maps = motion_maps(figure, posed.ends, classes, camera)
    trunk, forearm = (maps.depth[0, 0, 0][classes[0] == part] for part in (0, 5))
    assert forearm.min() > trunk.max()
    assert maps.depth[0, 0, 0][maps.near[0, 0] == 0].abs().max() == 0


@pytest.mark.parametrize("kind", ["human", "quadruped", "object"])
def test_maps_of_every_kind_are_finite(kind: str) -> None:
    g = generator(4)
    figures, motions = random_figures(12, g, kind=kind), random_motions(12, g)
    times = frame_times(12)
    posed, camera = pose(figures, motions, times), camera_of(motions, times)
    classes = draw(figures, posed.ends[:, :1], camera[:, :1], SIZE).classes[:, 0]
    maps = motion_maps(figures, posed.ends, classes, camera)
    assert maps.flow.isfinite().all() and maps.depth.isfinite().all()
    assert (figures.kind == HUMAN).all() == (kind == "human")
    assert maps.flow.abs().max() < 8 and (maps.near >= maps.figure).all()
