"""Says what a job will use of a GPU, before its model is loaded. Imports torch."""

from __future__ import annotations

from mti_addon.wire import events
from mti_addon.wire.request import Request

from .device import free_memory, product_rate
from .events import MOST_SECONDS
from .plan import COSTS, Plan, learning_memory, plan
from .session import Session


def planned(session: Session, request: Request) -> Plan | None:
    """How the job will fit the session's devices, told as an event. OutOfMemory if it cannot.

    None on a CPU, where nothing is known of what is free, and for the draft, which fits everywhere.
    """
    devices = session.devices[: request.settings.inversion.batch_size]
    free = [free_memory(device) for device in devices]
    known = [value for value in free if value is not None]
    if len(known) < len(free) or request.settings.model == "draft":
        return None
    made = plan(request.settings, min(known), request.learns, request.applies, len(devices))
    seconds = min(made.seconds(product_rate(devices[0])), MOST_SECONDS)
    session.log.append(
        events.Planned(made.sentence(seconds), round(made.memory / 2**20), round(seconds, 1))
    )
    return made


def replanned(session: Session, request: Request, policy: str, said: str) -> None:
    """Tell that learning goes on in another way, by `policy`; `said` is the sentence."""
    memory = 0
    if request.settings.model != "draft":
        costs = {cost.policy: cost for cost in COSTS}
        memory = round(learning_memory(costs[policy], request.settings) / 2**20)
    session.log.append(events.Planned(said, memory, None))
