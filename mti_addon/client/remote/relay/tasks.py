"""`python -m mti_addon.client.remote.relay.tasks TASK`: a task at the studio's server.

Blender starts it detached, with its own Python; see `client/remote/tasks.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ....wire import codec, files
from ....wire.contents import read_file
from ....wire.errors import BadRequest, MtiError, StudioError
from ....wire.events import Failed
from ....wire.problem import Problem
from ....wire.remote import refusals
from ....wire.remote.messages import MAX_SHARED_BYTES, Me, RemoteMotion
from ...setup.child import TaskProcess
from ...setup.folder import SetupTaskFolder, read_json
from ...setup.performing import perform
from ..studio import Credentials, Status, StudioFolder
from ..tasks import StudioTask
from .api import Api
from .connection import Connection
from .outgoing import deliver
from .pinned import fetch_certificate
from .upload import upload_blob

ANSWER_SECONDS = 10.0
MAX_THUMBNAIL = 2**20
_CONNECTING = Problem("studio_connecting", "Connecting to the studio")


def pair(process: TaskProcess, task: StudioTask, folder: StudioFolder) -> None:
    """Check the pending credentials, and keep them if the server is the right one."""
    try:
        pending = folder.pending()
        if pending is None:
            what = "There is nothing to pair."
            raise BadRequest(Problem("nothing_to_pair", what, "Paste the pairing string again."))
        found = replace(pending, certificate=_certificate_of(pending))
        api = _connect(found)
        me = _ask(api, folder)
        folder.accept(replace(found, user=me.user[:64]))
        _write_status(folder, found, me)
        process.tell(_found(found, me), 1.0)
    finally:
        folder.reject()


def test(process: TaskProcess, task: StudioTask, folder: StudioFolder) -> None:
    """Say in one sentence what the server answers."""
    credentials = folder.require_credentials()
    me = _refresh(folder, credentials)
    process.tell(_found(credentials, me), 1.0)


def refresh(process: TaskProcess, task: StudioTask, folder: StudioFolder) -> None:
    """Write down the state of the server, then say what is in the outbox."""
    credentials = folder.require_credentials()
    _refresh(folder, credentials)
    deliver(_connect(credentials), folder, credentials.pairing.address)


def motions(process: TaskProcess, task: StudioTask, folder: StudioFolder) -> None:
    """Write down a page of the studio's motions, with their thumbnails."""
    api = _connect(folder.require_credentials())
    page = api.motions(task.query, task.motion_kind, task.after)
    text = codec.dumps(codec.to_dict(page)) + "\n"
    files.write_atomic(folder.motions_file, text.encode("utf-8"))
    folder.thumbnails.mkdir(exist_ok=True)
    for done, motion in enumerate(page.motions):
        what = "Fetching the studio's motions"
        process.tell(Problem("studio_fetching_motions", what), done / len(page.motions))
        _fetch_thumbnail(api, motion, folder)
    values = {"count": len(page.motions)}
    process.tell(Problem("studio_motions", "Motions found: {count}.", values=values), 1.0)


def take(process: TaskProcess, task: StudioTask, folder: StudioFolder) -> None:
    """Fetch a motion as a .motion file, which Blender then adds to the library."""
    api = _connect(folder.require_credentials())
    what = Problem("studio_taking", "Fetching the motion")
    process.tell(what, 0.0)
    data = api.motion_part(task.motion, "motion")
    path = Path(task.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomic(path, data)
    process.tell(Problem("studio_taken", "The motion was fetched."), 1.0)


def publish(process: TaskProcess, task: StudioTask, folder: StudioFolder) -> None:
    """Share a .motion file with the studio."""
    api = _connect(folder.require_credentials())
    path = Path(task.file)
    data = read_file(path, path.name, MAX_SHARED_BYTES)
    sha256 = hashlib.sha256(data).hexdigest()
    process.tell(Problem("studio_publishing", "Sending the motion"), 0.0)
    if not api.has_blob(sha256):
        upload_blob(api, sha256, data)
    api.publish(sha256)
    path.unlink(missing_ok=True)
    process.tell(Problem("studio_published", "The studio has the motion now."), 1.0)


HANDLERS: dict[str, Callable[[TaskProcess, StudioTask, StudioFolder], None]] = {
    "pair": pair,
    "test": test,
    "refresh": refresh,
    "motions": motions,
    "take": take,
    "publish": publish,
}


def do(folder: SetupTaskFolder) -> int:
    """Run the studio task in this folder; return its exit code, which matches state.json."""

    def act(process: TaskProcess) -> None:
        task = read_json(StudioTask, folder.spec_file)
        if task is None:
            values = {"path": str(folder.spec_file)}
            what, hint = "{path} cannot be read.", "Start again from Blender."
            raise BadRequest(Problem("task_unreadable", what, hint, values))
        process.tell(_CONNECTING, 0.0)
        HANDLERS[task.kind](process, task, StudioFolder(Path(task.studio)))

    what = "The connection to the studio stopped because of an internal error."
    return perform(folder, act, Problem("studio_fault", what, "Please report the log."))


def _certificate_of(credentials: Credentials) -> str:
    pairing = credentials.pairing
    if not pairing.fingerprint:
        return ""
    try:
        return fetch_certificate(pairing)
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise refusals.unreachable(pairing.address, reason) from error


def _connect(credentials: Credentials) -> Api:
    return Api(Connection(credentials, ANSWER_SECONDS))


def _refresh(folder: StudioFolder, credentials: Credentials) -> Me:
    """Ask the server for its state, and write down what it says, or that it says nothing."""
    try:
        me = _ask(_connect(credentials), folder)
    except MtiError as error:
        _write_status(folder, credentials, None, Failed.of(error))
        raise
    _write_status(folder, credentials, me)
    return me


def _ask(api: Api, folder: StudioFolder) -> Me:
    try:
        return api.me()
    except StudioError as error:
        if error.problem.code == "studio_not_found":
            raise refusals.not_a_studio(api.connection.address) from error
        raise
    except BadRequest as error:
        raise refusals.not_a_studio(api.connection.address) from error


def _write_status(
    folder: StudioFolder, credentials: Credentials, me: Me | None, error: Failed | None = None
) -> None:
    folder.write_status(Status(time.time(), credentials.pairing.address, me, error))


def _found(credentials: Credentials, me: Me) -> Problem:
    """Return what was found, in one sentence."""
    ready = [engine.model for engine in me.engines if engine.available]
    waiting = max((engine.queued for engine in me.engines), default=0)
    values: dict[str, str | int] = {"address": credentials.pairing.address, "user": me.user[:64]}
    values |= {"version": me.server_version[:32], "engines": ", ".join(ready), "count": waiting}
    if not ready:
        what = "Connected to {address} as {user}, version {version}, but no engine is ready there."
        return Problem("studio_without_engines", what, values=values)
    what = "Connected to {address} as {user}, version {version}: {engines}; jobs waiting: {count}."
    return Problem("studio_found", what, values=values)


def _fetch_thumbnail(api: Api, motion: RemoteMotion, folder: StudioFolder) -> None:
    path = folder.thumbnails / f"{motion.id}.png"
    if path.exists():
        return
    try:
        data = api.motion_part(motion.id, "thumbnail")
    except StudioError as error:
        if error.problem.code != "studio_not_found":
            raise
        return  # it has none
    if data.startswith(b"\x89PNG") and len(data) <= MAX_THUMBNAIL:
        files.write_atomic(path, data)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="mti_addon.client.remote.relay.tasks")
    parser.add_argument("task", type=Path, help="a folder with a task.json")
    return do(SetupTaskFolder(parser.parse_args(argv).task.resolve()))


if __name__ == "__main__":
    sys.exit(main())
