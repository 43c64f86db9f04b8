"""What bone names say: which part of a body, which side, whether it is drawn at all."""

from __future__ import annotations

import re

# A bone belongs to the first part with a word in its name, so longer words come first. The words
# are those of Blender's own rigs (Human meta-rig, Rigify), and of Mixamo, Unreal, VRM, 3ds Max's
# Biped, Daz and Character Creator.
WORDS = (
    ("head", ("head", "skull")),
    ("leg", ("upleg", "thigh", "shin", "calf", "knee", "ankle", "foot", "toe", "heel", "leg")),
    ("arm", ("arm", "elbow", "wrist", "hand", "palm", "shldr", "carpal")),
    ("torso", ("hips", "pelvis", "spine", "chest", "torso", "abdomen", "neck", "shoulder")),
    ("torso", ("clavicle", "collar", "root", "waist", "body")),
)
DETAILS = tuple(
    "finger thumb index middle ring pinky twist eye jaw lip brow teeth tongue nose ear cheek chin "
    "lid hair breast forehead temple".split()
)
"""Bones too small to be seen as limbs; left out as long as enough others remain."""
MECHANISM = frozenset("mch org ctrl ik pole target mechanism wgt vis end nub footsteps".split())
"""Words of control bones, or of end markers, in rigs where all bones are set to deform."""


def is_detail(name: str) -> bool:
    """Return whether it is too small to be seen as a limb."""
    words = re.split(r"[^a-z]+", spaced(name))
    return any(word.startswith(DETAILS) for word in words)


def spaced(name: str) -> str:
    """Split a name into words: 'mixamorig:LeftForeArm' -> 'mixamorig left fore arm'."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[:._\-\s]+", " ", name).lower()


def side_of(name: str) -> str:
    """Return 'left', 'right' or '', by the conventions .L, _l and Left, as a word in the name."""
    words = set(spaced(name).split())
    if words & {"l", "left"}:
        return "left"
    return "right" if words & {"r", "right"} else ""


def is_mechanism(name: str) -> bool:
    """Return whether its name marks it as a control bone or an end marker."""
    return bool(MECHANISM & set(spaced(name).split()))


def kind_of(name: str) -> str:
    """Return arm, leg, head or torso; '' if the name says none of them.

    An animal's front leg is its arm, and so is a wing.
    """
    joined = spaced(name).replace(" ", "").replace("armature", "")
    kind = next((kind for kind, words in WORDS if any(word in joined for word in words)), "")
    if "wing" in (word.rstrip("s") for word in spaced(name).split()):
        return "arm"
    in_front = joined.startswith(("front", "fore")) or "front" in spaced(name).split()
    return "arm" if kind == "leg" and in_front else kind


def is_part(name: str) -> bool:
    """Return whether it is named after a body part, and not a root."""
    return bool(kind_of(name)) and "root" not in spaced(name)
