"""serve run: starts the server."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from mti_addon.wire.errors import BadRequest

from ..config import Config, Limits
from ..execution.ray import RayExecutor
from ..execution.runner import Runner
from ..files.places import Places
from ..run import serve

ASK_SECONDS = 120


def add_options(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to a command line's parser."""
    parser = commands.add_parser("run", help="run the server (the default)", parents=[common])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8486, help="0: any free one (%(default)s)")
    parser.add_argument(
        "--name", action="append", default=[], help="another name by which artists reach it"
    )
    parser.add_argument("--cert", type=Path, help="certificate of the studio's own, PEM")
    parser.add_argument("--key", type=Path, help="its private key, PEM")
    parser.add_argument("--no-tls", action="store_true", help="behind a proxy on this machine")
    parser.add_argument(
        "--proxy",
        action="store_true",
        help="believe a proxy on this machine where a request comes from (X-Forwarded-For)",
    )
    parser.add_argument(
        "--devices",
        default="auto",
        help="a slot for each: auto, or such as cuda:0,cuda:1 (%(default)s)",
    )
    parser.add_argument(
        "--idle-timeout",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="how long a runner keeps its model loaded without a job (%(default)s)",
    )
    parser.add_argument(
        "--running", type=int, metavar="N", help="jobs of one user at a time (default: no limit)"
    )
    parser.add_argument("--keep-days", type=float, default=30.0, help="finished jobs (%(default)s)")
    parser.add_argument(
        "--ray", metavar="URL", help="run jobs on this Ray cluster, such as http://head:8265"
    )
    parser.add_argument("--ray-token", type=Path, metavar="FILE", help="the cluster's token")
    parser.add_argument("--ray-slots", type=int, default=1, help="jobs at a time (%(default)s)")
    parser.add_argument("--ray-gpus", type=float, default=1.0, help="for each job (%(default)s)")
    parser.set_defaults(action=run)


def run(options: argparse.Namespace) -> int:
    """Serve until stopped."""
    if options.running is not None and options.running < 1:
        raise BadRequest(f"--running must be at least 1, and is {options.running}.")
    # on Ray, another job may get the GPU: a runner does not wait there for the next one
    runner = Runner(idle_seconds=0.0 if options.ray else options.idle_timeout)
    wanted = options.devices
    if options.ray:
        devices: tuple[str, ...] = ()
    else:
        devices = own_devices(runner) if wanted == "auto" else tuple(wanted.split(","))
    config = Config(
        data=options.data,
        host=options.host,
        port=options.port,
        tls=not options.no_tls,
        certificate=options.cert,
        key=options.key,
        proxy=options.proxy,
        devices=devices,
        names=tuple(options.name),
        keep_days=options.keep_days,
        runner=runner,
        limits=Limits(running=options.running),
    )
    return serve(config, _cluster(options, runner) if options.ray else None)


def _cluster(options: argparse.Namespace, runner: Runner) -> RayExecutor:
    """The cluster that jobs run on. Raises BadRequest, BackendMissing."""
    if options.ray_token is None:
        raise BadRequest("--ray-token is missing: the file with the cluster's token.")
    try:
        token = options.ray_token.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise BadRequest(f"--ray-token: {options.ray_token} cannot be read.") from error
    spool = Places(options.data).spool
    return RayExecutor(spool, runner, options.ray, token, options.ray_slots, options.ray_gpus)


def own_devices(runner: Runner) -> tuple[str, ...]:
    """Return this machine's GPUs, or else its CPU. Asks another process, since torch stays out of
    the server's."""
    command = [runner.python, "-m", "mti_backend", "capabilities"]
    environment = runner.environment(os.environ, "")
    del environment["MTI_DEVICE"]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, timeout=ASK_SECONDS, check=False
    )
    try:
        found = json.loads(done.stdout)["devices"]
    except (ValueError, KeyError):
        found = []
    gpus = tuple(f"cuda:{each['index']}" for each in found if each["kind"] == "cuda")
    return gpus or ("cpu",)
