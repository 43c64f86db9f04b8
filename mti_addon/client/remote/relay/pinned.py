"""TLS to one certificate, the paired one; wire and stdlib only."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl

from ....wire.errors import StudioError
from ....wire.remote import refusals
from ....wire.remote.pairing import Pairing
from ..studio import Credentials

CONNECT_SECONDS = 4.0
_EXPIRED = 10
"""X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""


def open_connection(credentials: Credentials, timeout: float) -> http.client.HTTPConnection:
    """Return an open connection to the paired server, and to no other.

    It is encrypted unless the server is this machine, and direct: neither a proxy nor a redirection
    is followed. Nothing is sent before the certificate is the paired one. Raises StudioError for
    another certificate, and plain OSError.
    """
    pairing = credentials.pairing
    if pairing.is_plain:
        plain = http.client.HTTPConnection(pairing.host, pairing.port, timeout=CONNECT_SECONDS)
        plain.connect()
        plain.sock.settimeout(timeout)
        return plain
    context = _context(credentials.certificate) if pairing.fingerprint else _public()
    secure = http.client.HTTPSConnection(
        pairing.host, pairing.port, timeout=CONNECT_SECONDS, context=context
    )
    try:
        secure.connect()
    except ssl.SSLCertVerificationError as error:
        raise _refused(error, pairing) from error
    if pairing.fingerprint:
        _check(secure.sock, pairing)
    secure.sock.settimeout(timeout)
    return secure


def fetch_certificate(pairing: Pairing) -> str:
    """Return the server's certificate (PEM) if it is the one of the pairing string.

    Raises StudioError for another one, and plain OSError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it is compared below; nothing is sent
    with socket.create_connection((pairing.host, pairing.port), CONNECT_SECONDS) as plain:
        with context.wrap_socket(plain) as secure:
            return ssl.DER_cert_to_PEM_cert(_check(secure, pairing))


def _public() -> ssl.SSLContext:
    """Return a context that trusts the system's authorities, for a certificate of one of them."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _context(certificate: str) -> ssl.SSLContext:
    """Return a context that trusts this certificate alone; the pin stands for the host's name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


def _check(connection: object, pairing: Pairing) -> bytes:
    """Return the peer's certificate (DER) if it is the paired one. Raises StudioError."""
    assert isinstance(connection, ssl.SSLSocket)
    found = connection.getpeercert(binary_form=True) or b""
    if not hmac.compare_digest(hashlib.sha256(found).hexdigest(), pairing.fingerprint):
        connection.close()
        raise refusals.other_certificate(pairing.address)
    return found


def _refused(error: ssl.SSLCertVerificationError, pairing: Pairing) -> StudioError:
    if error.verify_code == _EXPIRED:
        return refusals.expired(pairing.address)
    if not pairing.fingerprint:
        return refusals.unknown_authority(pairing.address, error.verify_message)
    return refusals.other_certificate(pairing.address)
