"""Settings for learning a motion."""

from __future__ import annotations

from typing import Any

from bpy.props import BoolProperty, EnumProperty, IntProperty

from ..translations import OWN


def number_chosen(self: Any, _context: Any) -> None:
    """Switch to the custom quality when the number of iterations is edited."""
    if self.iterations:
        self.quality = "CUSTOM"


class LearnProperties:
    """Mixin for the settings stored in a scene."""

    from_poses: BoolProperty(
        name="From Keyed Poses",
        description=(
            "Compute the motion from the captured poses instead of learning it from their "
            "images: at once, and more accurate. Only the draft knows how, and videos have no "
            "poses"
        ),
        default=True,
    )
    quality: EnumProperty(
        name="Quality",
        description="How long to learn; longer matches the captured motion more closely",
        items=(
            ("FAST", "Fast", "A third of the recommended iterations, to check whether it works"),
            ("BALANCED", "Balanced", "The number of iterations recommended for the engine"),
            ("BEST", "Best", "2.5 times the recommended iterations"),
            ("CUSTOM", "Custom", "A custom number of iterations"),
        ),
        default="BALANCED",
        translation_context=OWN,
    )
    iterations: IntProperty(
        name="Iterations",
        description=(
            "Number of learning steps; more is slower but more accurate, 0 uses the recommended "
            "number"
        ),
        default=0,
        min=0,
        max=100_000,
        update=number_chosen,
    )
    variations: IntProperty(
        name="Variations",
        description=(
            "Number of ways to draw a keyed figure for learning. 1 uses it as captured; more "
            "vary its proportions, look, position and size, so that only the motion is learned"
        ),
        default=1,
        min=1,
        max=16,
    )
    flip_safe: BoolProperty(
        name="Allow Mirroring",
        description=(
            "The motion may also be learned from mirrored images. Suits motions that stay the "
            "same when mirrored, such as a jump, but not a right-handed wave"
        ),
        default=False,
    )
    seed: IntProperty(
        name="Seed", description="The same seed gives the same result", default=0, min=0
    )
    also_apply: BoolProperty(
        name="Apply When Done",
        description="Apply the motion to the target as soon as it is learned",
        default=False,
    )
