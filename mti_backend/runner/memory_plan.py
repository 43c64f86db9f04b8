"""Reports the GPU memory and time a job will need before its model is loaded. Imports torch."""

from __future__ import annotations

from mti_addon.wire import events
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request
from mti_addon.wire.settings import INCLUDED

from ..device import free_memory, product_rate
from ..job.events import MOST_SECONDS
from ..job.session import Session
from ..memory.networks import network_of
from ..memory.plan import Plan, learning_memory, plan


def planned(session: Session, request: Request) -> Plan | None:
    """Plan the job for the session's devices and report it as an event. Raises OutOfMemory.

    Returns None on a CPU, where free memory is unknown, and for the drafts, which fit everywhere.
    """
    words = request.settings.motion_inversion is not None  # learned on one device
    devices = session.devices[: 1 if words else request.settings.batch_size]
    free = [free_memory(device) for device in devices]
    known = [value for value in free if value is not None]
    if len(known) < len(free) or request.settings.model in INCLUDED:
        return None
    made = plan(request.settings, min(known), request.learns, request.applies, len(devices))
    seconds = min(made.seconds(product_rate(devices[0])), MOST_SECONDS)
    session.log.append(
        events.Planned.of(made.sentence(seconds), round(made.memory / 2**20), round(seconds, 1))
    )
    return made


def replanned(session: Session, request: Request, policy: str, said: Problem) -> None:
    """Report that learning continues with another `policy`; `said` is the sentence."""
    memory = 0
    if request.settings.model not in INCLUDED:
        costs = {cost.policy: cost for cost in network_of(request.settings).costs}
        memory = round(learning_memory(costs[policy], request.settings) / 2**20)
    session.log.append(events.Planned.of(said, memory))
