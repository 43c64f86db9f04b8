"""Start a job from a captured scene, and follow it as Blender's timer would."""

from __future__ import annotations

import time

import bpy


def wait(polling, until, seconds=30):
    """What the timer does, until something holds of the newest job."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        polling.poll()
        row = polling.jobs.rows[0]
        if until(row):
            return row
        time.sleep(0.02)
    raise AssertionError(f"still {polling.jobs.rows[0].state}")


def ended(row):
    """Nothing more will happen to this job by itself."""
    return row.state.phase not in ("queued", "running")


def learn(polling, scene, name="wave"):
    """Start learning the scene's capture under a name, which is what the runner behaves by."""
    scene.mti.name = name
    assert bpy.ops.mti.learn() == {"FINISHED"}


def strips_of(scene):
    """The strips of a scene's edit, where results go; of its own sequencer if it has none."""
    edits = [each for each in bpy.data.scenes if each.get("mti_edit_of") == scene]
    return list((edits or [scene])[0].sequence_editor_create().strips)


def curves_of(ob):
    """The curves of an object's action on every Blender version."""
    data = ob.animation_data
    if hasattr(data.action, "layers"):
        bag = data.action.layers[0].strips[0].channelbag(data.action_slot)
        return list(bag.fcurves)
    return list(data.action.fcurves)
