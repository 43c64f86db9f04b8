"""Says what a job will use of a GPU, before its model is loaded. Imports torch."""

from __future__ import annotations

from mti_addon.wire import events
from mti_addon.wire.request import Request

from .attempt import Attempt
from .device import free_memory, product_rate
from .plan import EFFICIENCY, Plan, plan


def planned(attempt: Attempt, request: Request) -> Plan | None:
    """How the job will fit the attempt's device, told as an event. OutOfMemory if it cannot.

    None on a CPU, where nothing is known of what is free, and for the draft, which fits everywhere.
    """
    free = free_memory(attempt.device)
    if free is None or request.settings.model == "draft":
        return None
    made = plan(request.settings, free, request.learns, request.applies)
    seconds = made.flops / (EFFICIENCY * product_rate(attempt.device))
    attempt.log.append(
        events.Planned(made.sentence(seconds), round(made.memory / 2**20), round(seconds, 1))
    )
    return made
