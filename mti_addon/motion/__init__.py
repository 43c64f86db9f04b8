"""From keyed joints to the images of a reference video. Imports numpy and stdlib."""

from .checks import check_pictures, check_poses, check_range, warnings_about
from .drawing.camera import project
from .drawing.png import decode_png, encode_png
from .drawing.raster import Look
from .drawing.sequence import draw
from .fitting import (
    Fit,
    Fitted,
    covered,
    fit_picture,
    fitted,
    is_flat,
    placed,
    shrunk,
    unpadded,
)
from .pose_sequence import PoseSequence
from .skeleton.bones import Bone
from .skeleton.limbs import Plan, plan_limbs
from .timing import picture_of_each_frame, sampled_frames
from .variations import Drawing, variations

__all__ = [
    "Bone",
    "Drawing",
    "Fit",
    "Fitted",
    "Look",
    "Plan",
    "PoseSequence",
    "check_pictures",
    "check_range",
    "check_poses",
    "covered",
    "decode_png",
    "draw",
    "encode_png",
    "fit_picture",
    "fitted",
    "is_flat",
    "picture_of_each_frame",
    "placed",
    "plan_limbs",
    "project",
    "sampled_frames",
    "shrunk",
    "unpadded",
    "variations",
    "warnings_about",
]
