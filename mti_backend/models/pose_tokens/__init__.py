"""The draft's motion tokens of captured poses, computed instead of learned. Imports numpy.

A motion that was keyed in 3D need not be guessed from its pictures: the draft's tokens are a known
function of bone directions, path, camera and expression (`token_layout`), so the captured poses
give them at once. Videos have no poses, and other engines' tokens are not known to be a function
of anything; there the embedding is learned as in the paper.
"""

from .estimated import estimated_features
from .features import pose_features
from .poses import Poses, read_poses

__all__ = ["Poses", "estimated_features", "pose_features", "read_poses"]
