"""Runs jobs on a Ray cluster, by its Jobs API over HTTP; the server itself does not import Ray.

A Ray token lets its holder run anything on the cluster, so nobody but this module has it. Ray
forgets its jobs when its head dies, and says that a job has failed whose process goes on. So what
it says counts only together with the heartbeat in the job's folder, which all nodes must share.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Any

from mti_addon.wire.errors import BackendMissing, BadRequest, Busy
from mti_addon.wire.job import PREVIEW_VARIABLE, JobFolder
from mti_addon.wire.owner import STALE_SECONDS
from mti_addon.wire.problem import Problem

from ..files.folders import move_to
from .executor import Handle, Resources, RunState
from .limits import confined
from .runner import Runner

TIMEOUT_SECONDS = 3.0
NEW_SECONDS = 60.0
"""How long the cluster may take to know a job that it was sent."""
UNKNOWN = 404
_OF_SERVER = (PREVIEW_VARIABLE,)
"""What runners on other machines get of the server's environment, instead of their own."""
_STATES = {
    "PENDING": RunState.PENDING,
    "RUNNING": RunState.RUNNING,
    "STOPPED": RunState.ENDED,
    "SUCCEEDED": RunState.ENDED,
    "FAILED": RunState.ENDED,
}

log = logging.getLogger(__name__)


class RayExecutor:
    """A cluster, of which this server is the only user."""

    def __init__(
        self, spool: Path, runner: Runner, address: str, token: str, slots: int, gpus: float = 1.0
    ) -> None:
        """`address` as http://HEAD:8265; `slots` jobs at a time, with `gpus` GPUs each.

        Raises BadRequest if the cluster takes jobs from anybody, BackendMissing if it is not there.
        """
        self._folder = spool / "ray"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._runner, self._address, self._token = runner, address.rstrip("/"), token
        self._slots, self._gpus = slots, gpus
        self._ends: dict[Handle, float] = {}
        self._submitted: dict[Handle, float] = {}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)
        self._refuse_open_cluster()

    def submit(self, job: str, epoch: int, folder: Path, resources: Resources) -> Handle:
        """See Executor. Raises Busy if the cluster does not answer, and may later."""
        handle = Handle(job, epoch, f"mti-{job}-{epoch}")
        place = self._folder / f"{job}.{epoch}"
        if not place.is_dir():
            move_to(folder, place)
        self._submitted[handle] = time.monotonic()
        try:
            if self._ask("GET", f"/api/jobs/{handle.place}")[0] == UNKNOWN:
                status, answer = self._ask("POST", "/api/jobs/", self._request(handle, place))
                if status != 200 and "already exists" not in str(answer):
                    raise _missing(f"{self._address} answers {status}")
        except TimeoutError:
            # Ray answers when it has started a supervisor, and may well be doing so: `poll` tells.
            log.warning("the cluster takes long to start %s", handle.place)
        except BackendMissing as error:
            raise Busy(error.problem) from error
        return handle

    def poll(self, handles: Sequence[Handle]) -> Mapping[Handle, RunState]:
        """See Executor. A run whose heart beats is at work, whatever the cluster says."""
        if not handles:
            return {}
        try:
            status, answer = self._ask("GET", "/api/jobs/")
            told = {each.get("submission_id"): each.get("status") for each in answer}
            known = status == 200
        except (BackendMissing, TimeoutError, TypeError, AttributeError) as error:
            log.warning("the cluster cannot be asked: %s", error)
            told, known = {}, False
        return {handle: self._state(handle, told, known) for handle in handles}

    def cancel(self, handle: Handle, grace_seconds: float) -> None:
        """See Executor."""
        now = time.monotonic()
        until = min(self._ends.setdefault(handle, now + grace_seconds), now + grace_seconds)
        with contextlib.suppress(OSError):
            self._job(handle).cancel_file.touch()
        if now >= until:
            with contextlib.suppress(BackendMissing, TimeoutError):
                self._ask("POST", f"/api/jobs/{handle.place}/stop", {})

    def capacity(self) -> Mapping[str, tuple[int, int]]:
        """See Executor. Placing them is Ray's; the server sends no more than it has slots."""
        used = sum(not path.name.startswith(".") for path in self._folder.iterdir())
        return {"ray": (max(0, self._slots - used), self._slots)}

    def _state(self, handle: Handle, told: Mapping[str, str], known: bool) -> RunState:
        state = _STATES.get(told.get(handle.place, ""), RunState.LOST)
        if state in (RunState.PENDING, RunState.RUNNING):
            return state
        age = self._job(handle).heartbeat_age()
        if age is not None and age <= STALE_SECONDS:
            return RunState.RUNNING
        new = time.monotonic() - self._submitted.get(handle, -NEW_SECONDS) < NEW_SECONDS
        if not known or (state is RunState.LOST and new):
            return RunState.PENDING  # no answer is no proof, nor is one that comes too early
        self._ends.pop(handle, None)
        self._submitted.pop(handle, None)
        return state

    def _job(self, handle: Handle) -> JobFolder:
        return JobFolder(self._folder / f"{handle.job}.{handle.epoch}")

    def _request(self, handle: Handle, place: Path) -> dict[str, Any]:
        """What is posted. A node's own environment has the cluster's token, which a runner must not
        see; it keeps what a runner may, such as the node's models and the GPUs that Ray gives."""
        server_s = {name: os.environ[name] for name in _OF_SERVER if name in os.environ}
        environment = self._runner.environment(server_s, "cpu")
        if self._gpus:
            del environment["MTI_DEVICE"]  # Ray shows each run its own GPUs
        command = confined(self._runner.command(place), environment)
        return {
            # `exec`: otherwise a shell stands between Ray and the process that it should end
            "entrypoint": "exec " + shlex.join(command),
            "submission_id": handle.place,
            "entrypoint_num_gpus": self._gpus,
            "entrypoint_num_cpus": 0 if self._gpus else 1,
        }

    def _refuse_open_cluster(self) -> None:
        try:
            status, _ = self._ask("POST", "/api/jobs/", {}, token="")
        except TimeoutError as error:
            raise _missing(f"{self._address} does not answer in time") from error
        if status not in (401, 403):
            what = "The Ray cluster at {address} takes jobs from anybody."
            hint = "Start all of its nodes with RAY_AUTH_MODE=token, and a token."
            raise BadRequest(Problem("ray_open", what, hint, {"address": self._address}))
        status, _ = self._ask("GET", "/api/jobs/")
        if status != 200:
            what = "The Ray cluster at {address} does not know the server's token."
            raise BadRequest(Problem("ray_token", what, "", {"address": self._address}))

    def _ask(
        self, method: str, path: str, value: Any = None, token: str | None = None
    ) -> tuple[int, Any]:
        """(status, JSON or text). Raises BackendMissing if there is no answer, and TimeoutError if
        there is none in time."""
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self._address + path, body, method=method)
        request.add_header("Content-Type", "application/json")
        given = self._token if token is None else token
        if given:
            request.add_unredirected_header("Authorization", f"Bearer {given}")
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return response.status, _json(response.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _json(error.read())
        except (OSError, HTTPException) as error:
            if isinstance(error, TimeoutError) or isinstance(
                getattr(error, "reason", None), TimeoutError
            ):
                raise TimeoutError from error
            raise _missing(f"{self._address} does not answer ({error})") from error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token is for the cluster's own address alone."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")


def _missing(reason: str) -> BackendMissing:
    what, hint = "The Ray cluster cannot be used: {reason}.", "Check that it runs."
    return BackendMissing(Problem("ray_missing", what, hint, {"reason": reason}))
