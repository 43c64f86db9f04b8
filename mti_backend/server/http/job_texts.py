"""A job as the API tells of it."""

from __future__ import annotations

from ..store.jobs import Job
from .service import Service


def job_json(service: Service, job: Job) -> dict[str, object]:
    """Return a job's summary."""
    place = service.place_of(job)
    return {
        "id": job.id,
        "key": job.key,
        "name": job.name,
        "task": job.task,
        "model": job.model,
        "state": job.state,
        "attempt": job.epoch,
        "position": place.position if place else None,
        "wait_seconds": place.wait_seconds if place else None,
        "created": job.created,
        "seq": job.seq,
    }
