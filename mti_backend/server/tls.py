"""The server's certificate: made once, and pinned by whoever is invited."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import socket
import ssl
from pathlib import Path

from mti_addon.wire import files
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.problem import Problem

YEARS = 10
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Return whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_certificate(folder: Path, host: str, names: tuple[str, ...]) -> tuple[Path, Path]:
    """Return (certificate, key) in PEM, made on the first call. Raises DiskFull, NotWritable.

    Artists pin the certificate, so it is kept even if the server's names change.
    """
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not (certificate.is_file() and key.is_file()):
        own = (host, socket.gethostname(), *LOOPBACK, *names)
        pem, secret = _make(tuple(dict.fromkeys(name for name in own if name)))
        files.write_atomic(key, secret)
        files.write_atomic(certificate, pem)
    return certificate, key


def check_pair(certificate: Path, key: Path | None) -> None:
    """Raise BadRequest unless these are a certificate and its key, both in PEM."""
    fingerprint(certificate)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise BadRequest(
            Problem(
                "certificate_key_bad",
                "{path} and its key cannot be used ({reason}).",
                "Give the certificate with --cert and its private key with --key, both in PEM.",
                {"path": str(certificate), "reason": error.strerror or str(error)},
            )
        ) from error


def fingerprint(certificate: Path) -> str:
    """Return the sha256 of a certificate in DER, in hex. Raises BadRequest if it is none."""
    try:
        der = ssl.PEM_cert_to_DER_cert(_first(certificate.read_text("ascii")))
    except (OSError, ValueError) as error:
        raise BadRequest(
            Problem(
                "certificate_bad",
                "{path} is not a certificate in PEM.",
                "Give the server's own certificate first, then those of its issuers.",
                {"path": str(certificate)},
            )
        ) from error
    return hashlib.sha256(der).hexdigest()


def covers(certificate: Path, host: str) -> bool:
    """Return whether a certificate names a host, or has a wildcard for it. Raises BadRequest."""
    from cryptography import x509

    fingerprint(certificate)  # says what is wrong, if something is
    found = x509.load_pem_x509_certificate(_first(certificate.read_text("ascii")).encode())
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        return ipaddress.ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        pass
    host = host.lower()
    known = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
    return host in known or "*." + host.partition(".")[2] in known


def _first(pem: str) -> str:
    """The first certificate of a chain: the server's own."""
    end = "-----END CERTIFICATE-----"
    return pem.partition(end)[0].strip() + "\n" + end + "\n"


def _make(names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """A certificate for these names and addresses, signed with its own key, and the key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "MTI studio server")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    alternatives: list[x509.GeneralName] = []
    for each in names:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(each)))
        except ValueError:
            alternatives.append(x509.DNSName(each.encode("idna").decode("ascii")))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM), secret
