"""The pairing string of a studio, pasted once: where its server is, its certificate, the token."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from ..errors import BadRequest
from ..problem import Problem

SCHEME = "mti1:"
_HOST = r"\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_STRING = re.compile(
    rf"mti1:(?P<host>{_HOST}):(?P<port>[0-9]{{1,5}})"
    r"#(?P<fingerprint>[0-9A-Fa-f]{64}|)#(?P<token>[A-Za-z0-9_~.+/=-]{16,256})"
)
_ASK = "Copy the whole string that the studio's administrator was given, and paste it again."


@dataclass(frozen=True)
class Pairing:
    """A studio's server as an artist's Blender knows it."""

    host: str
    """A name or an IP address; IPv6 without brackets."""
    port: int
    """1 to 65535."""
    fingerprint: str
    """sha256 of the server's certificate (DER), 64 lowercase hexadecimal digits. Empty if a public
    authority vouches for it; on this machine itself, then, plain HTTP is spoken."""
    token: str = field(repr=False)
    """Secret: neither shown nor logged."""

    @property
    def address(self) -> str:
        """Return HOST:PORT, as in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def is_plain(self) -> bool:
        """Return whether nothing is encrypted, which only this machine itself may ask for."""
        return not self.fingerprint and self.is_local

    @property
    def is_local(self) -> bool:
        """Return whether the server runs on this machine, or at the end of a tunnel from it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself; no name is looked up for it."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_pairing(text: str) -> Pairing:
    """Read `mti1:HOST:PORT#FINGERPRINT#TOKEN`; spaces and line breaks around it are ignored.

    Raises BadRequest, which never quotes the string, since it contains the token.
    """
    found = _STRING.fullmatch(text.strip())
    if found is None:
        if text.strip().startswith("mti") and not text.strip().startswith(SCHEME):
            what = "This pairing string is of a newer version."
            raise BadRequest(Problem("pairing_newer", what, "Update the extension."))
        what = "This is not a complete pairing string: mti1:HOST:PORT#FINGERPRINT#TOKEN."
        raise BadRequest(Problem("pairing_malformed", what, _ASK))
    port = int(found["port"])
    if not 1 <= port <= 65535:
        what = "The port {port} of this pairing string is not between 1 and 65535."
        raise BadRequest(Problem("pairing_port", what, _ASK, {"port": port}))
    return Pairing(found["host"].strip("[]"), port, found["fingerprint"].lower(), found["token"])
