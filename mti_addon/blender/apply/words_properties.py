"""Settings of a motion applied from a text prompt."""

from __future__ import annotations

import bpy
from bpy.props import CollectionProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ...workflow.words import MAX_LETTERS
from ..translations import OWN

PROMPT = (
    "What to show, in English, such as 'a fox in snow'. Say what moves and where; the motion "
    "itself comes from what was learned"
)


class MTI_PG_prompt(bpy.types.PropertyGroup):
    """A further prompt."""

    text: StringProperty(name="Prompt", description=PROMPT, maxlen=MAX_LETTERS)


class WordsProperties:
    """Mixin for the settings stored in a scene."""

    prompt: StringProperty(name="Prompt", description=PROMPT, maxlen=MAX_LETTERS)
    more_prompts: CollectionProperty(type=MTI_PG_prompt, options={"HIDDEN"})
    negative_prompt: StringProperty(
        name="Negative Prompt",
        description=(
            "What to avoid, in English, such as 'blurry, text'. Leave empty at first; use it "
            "against what keeps appearing"
        ),
        maxlen=MAX_LETTERS,
    )
    words_view: EnumProperty(
        name="View",
        description="Which part of the motion to use",
        items=(
            ("AUTO", "Automatic", "Camera for a captured camera, otherwise Object"),
            (
                "object",
                "Object",
                "The movement of a figure or thing, without its looks. For another subject",
            ),
            (
                "camera",
                "Camera",
                "Only the movement of the whole image. For the same camera move in any scene",
            ),
            (
                "as_learned",
                "As Learned",
                "All that was learned. Closest to the capture, but may copy its looks",
            ),
        ),
        translation_context=OWN,
    )
    words_strength: FloatProperty(
        name="Strength",
        description=(
            "How strongly the motion is used: 100 % as learned, 0 % not at all. Less if the "
            "reference's looks appear, more if too little moves"
        ),
        default=100,
        min=0,
        max=150,
        subtype="PERCENTAGE",
        precision=0,
        step=100,
    )
    follow_layout: FloatProperty(
        name="Follow Layout",
        description=(
            "How much of the captured images' layout is kept. 0 % leaves the layout to the words; "
            "30 to 70 % keep the staging, as for the look of a blocked scene"
        ),
        default=50,
        min=0,
        max=100,
        subtype="PERCENTAGE",
        precision=0,
        step=100,
    )
    early_state: IntProperty(options={"HIDDEN"})
    early_state_of: StringProperty(options={"HIDDEN"})
    """Label of the motion whose state was stepped back to."""
