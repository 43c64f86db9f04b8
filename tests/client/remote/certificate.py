"""A self-signed certificate for a server of the tests."""

from __future__ import annotations

import functools
import hashlib
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path


@functools.cache
def certificate(name: str = "studio") -> tuple[Path, str]:
    """A PEM file with key and certificate, made once a process; and the sha256 of its DER."""
    program = shutil.which("openssl")
    assert program is not None, "openssl makes the certificate of the test's server"
    path = Path(tempfile.mkdtemp(prefix="mti-tls-")) / f"{name}.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    out = ["-keyout", str(path), "-out", str(path.with_suffix(".crt"))]
    about = ["-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([program, "req", "-x509", *key, *out, *about], check=True, capture_output=True)
    text = path.with_suffix(".crt").read_text()
    with open(path, "a") as stream:
        stream.write(text)
    return path, hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()
