"""The methods by their names in a request. Imports the standard library and wire only until one is
needed.
"""

from __future__ import annotations

from mti_addon.wire.request import Request

from ..job.session import Session
from .method import Method


def method_of(session: Session, request: Request) -> Method:
    """The method of a job's request."""
    if request.settings.method == "motion-inversion":
        from .motion_inversion import MotionInversionJob

        return MotionInversionJob(session, request)
    from .motion_textual_inversion import TextualInversionJob

    return TextualInversionJob(session, request)
