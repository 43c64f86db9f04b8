"""Two machines, as far as the network is concerned: namespaces, and a cable that can be cut."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ARTIST, STUDIO = "10.86.84.1", "10.86.84.2"
"""Addresses that nothing outside of the two namespaces can reach."""
_NIC = "mti0"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def missing() -> str:
    """Say why there can be no namespaces here; empty if there can."""
    for program in ("ip", "tc", "ss", "nsenter"):
        if shutil.which(program, path=_PATH) is None:
            return f"Network namespaces need the program {program}."
    try:
        with wired("probe") as cable:
            cable.limit("8mbit")
    except subprocess.CalledProcessError as error:
        return f"Network namespaces cannot be made here: {error.stderr.strip()}"
    return ""


@dataclass(frozen=True)
class Cable:
    """What joins the two; each namespace has one end."""

    artist: str
    studio: str

    def within(self, namespace: str) -> list[str]:
        """The command that starts another one there; it is replaced by it."""
        program = shutil.which("nsenter", path=_PATH)
        return [str(program), f"--net=/run/netns/{namespace}", "--"]

    def python(self, namespace: str, path: Path) -> str:
        """Make an executable that is this Python, there."""
        command = " ".join(f"'{each}'" for each in [*self.within(namespace), sys.executable])
        path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def limit(self, rate: str) -> None:
        """Let so much through in each direction, such as 8mbit in a second."""
        shape = f"root tbf rate {rate} burst 16kb latency 200ms"
        for namespace in (self.artist, self.studio):
            _run("tc", "-n", namespace, "qdisc", "replace", "dev", _NIC, *shape.split())

    def cut(self) -> None:
        """Pull the plug on the artist's side: to the programs, it is as if nothing came."""
        _run("ip", "-n", self.artist, "link", "set", _NIC, "down")

    def mend(self) -> None:
        _run("ip", "-n", self.artist, "link", "set", _NIC, "up")

    def forget(self, namespace: str) -> None:
        """Have one side give its connections up, as Windows does when a cable is pulled."""
        _run(*self.within(namespace), "ss", "--kill", "--tcp", "state", "connected")

    def sent(self) -> int:
        """Bytes that the artist's side has sent, with all headers."""
        shown = _run("ip", "-n", self.artist, "-s", "-j", "link", "show", "dev", _NIC)
        return int(json.loads(shown)[0]["stats64"]["tx"]["bytes"])


@contextlib.contextmanager
def wired(name: str) -> Iterator[Cable]:
    """Make both namespaces and what joins them; all is gone afterwards.

    Raises CalledProcessError where that is not allowed.
    """
    cable = Cable(f"mti-{name}-{os.getpid()}-a", f"mti-{name}-{os.getpid()}-s")
    both = {cable.artist: ARTIST, cable.studio: STUDIO}
    try:
        for namespace in both:
            _run("ip", "netns", "add", namespace)
        ends = ("link", "add", _NIC, "type", "veth", "peer", "name", _NIC, "netns", cable.studio)
        _run("ip", "-n", cable.artist, *ends)
        for namespace, address in both.items():
            _run("ip", "-n", namespace, "address", "add", f"{address}/30", "dev", _NIC)
            for nic in ("lo", _NIC):
                _run("ip", "-n", namespace, "link", "set", nic, "up")
        yield cable
    finally:
        for namespace in both:
            with contextlib.suppress(subprocess.CalledProcessError):
                _run("ip", "netns", "delete", namespace)


def _run(*command: str) -> str:
    env = {**os.environ, "PATH": _PATH}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout
