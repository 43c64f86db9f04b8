"""Motion features of captured poses: people, animals, faces, objects and cameras. Imports numpy."""

from __future__ import annotations

import numpy as np

from .boxes import box_bones, is_box
from .cameras import camera_path, room_movement
from .faces import face_movement, is_face
from .layout import Array, Movement, posed
from .people import body_bones
from .poses import ROOM, NotAProjection, Poses, view_axes
from .skeleton import skeleton_of


def pose_features(poses: Poses) -> Array | None:
    """The features (F, 46) of a captured motion, in the order and units of `layout`.

    None if the poses are of something that the draft's tokens have no words for: an armature
    without a head or one of its limbs, a face of other bones, an object that turns about itself.
    """
    try:
        found = _movement(poses)
    except NotAProjection:
        return None
    if found is None:
        return None
    features = found.features()
    return features if np.isfinite(features).all() else None


def _movement(poses: Poses) -> Movement | None:
    frames = poses.frames
    still = np.zeros((frames, 4))
    if poses.parts == (ROOM,):
        camera, root, yaw = room_movement(poses)
        return Movement(posed(frames, yaw=yaw), root, camera, still)
    camera = _camera(poses)
    axes = _unrolled(view_axes(poses.world_to_clip), camera[:, 3])
    if is_box(poses):
        box = box_bones(poses, axes)
        return None if box is None else Movement(*box, camera, still)
    if is_face(poses):
        bones, root, face = face_movement(poses, axes)
        return Movement(bones, root, camera, face)
    body = skeleton_of(poses)
    if body is None:
        return None
    return Movement(*body_bones(body, axes), camera, still)


def _unrolled(axes: Array, roll: Array) -> Array:
    """View axes (F, 3, 3) without the camera's roll, which is a feature of its own."""
    cos, sin = np.cos(roll)[:, None], np.sin(roll)[:, None]
    right, up = axes[:, 0], axes[:, 1]
    return np.stack([right * cos - up * sin, right * sin + up * cos, axes[:, 2]], 1)


def _camera(poses: Poses) -> Array:
    """Camera (F, 4) of a figure's motion, from where its first pose would be seen later."""
    if np.abs(poses.world_to_clip - poses.world_to_clip[0]).max() == 0:
        return np.zeros((poses.frames, 4))
    return camera_path(poses.world_to_clip, poses.size, poses.joints[0])
