"""Pair a Blender with the studio of a test, and wait for what is asked of it."""

from __future__ import annotations

import time

import bpy


def until(module, condition, seconds=30):
    """What the timer does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, module.states
        module.poll()
        time.sleep(0.02)


def pair(watch, server):
    assert bpy.ops.mti.pair_studio(pairing=server.pairing) == {"FINISHED"}
    until(watch, lambda: not watch.running("pair"))
    return watch.states["pair"]
