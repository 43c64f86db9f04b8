"""What is in deployment/ agrees with the server; the proxies are started where they are there."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mti_backend.server.tls import own_certificate
from tests.server.http.test_streams import follow, following
from tests.server.serving import ROOT, Client, invited, running

FOLDER = ROOT / "deployment"
SBIN = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_container_has_what_the_server_imports() -> None:
    text = (FOLDER / "Containerfile").read_text()
    copied = re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert all((ROOT / name).exists() for name in names)
    assert {"mti_addon/wire", "mti_backend", "requirements-server.lock"} <= set(names)
    assert "--require-hashes" in text and re.search(r"^USER mti$", text, re.MULTILINE)


def test_the_server_runs_with_nothing_but_what_the_container_has(tmp_path: Path) -> None:
    for name in ("blender_manifest.toml", "pyproject.toml", "mti_backend", "mti_addon/wire"):
        source, target = ROOT / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
    shutil.copy(ROOT / "mti_addon/__init__.py", tmp_path / "mti_addon/__init__.py")
    process = subprocess.Popen(
        [sys.executable, "-m", "mti_backend", "serve", "--port", "0", "--devices", "cpu"]
        + ["--data", str(tmp_path / "data")],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["url"].startswith("https://")
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()


def test_the_service_leaves_runners_alone() -> None:
    text = (FOLDER / "mti-server.service").read_text()
    assert "KillMode=process" in text and "NoNewPrivileges=true" in text
    assert "User=mti" in text and "mti_backend serve" in text


@pytest.mark.skipif(not shutil.which("nginx", path=SBIN), reason="no nginx here")
def test_nginx_passes_uploads_and_events_on(data: Path, tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path=SBIN)
    port = free_port()
    certificate, key = own_certificate(tmp_path, "127.0.0.1", ())
    with running(data) as server:
        text = (FOLDER / "nginx.conf").read_text()
        for old, new in {
            "443 ssl": f"127.0.0.1:{port} ssl",
            "render.studio.example;": "localhost;",
            "/etc/ssl/studio/fullchain.pem": str(certificate),
            "/etc/ssl/studio/key.pem": str(key),
            "127.0.0.1:8486": f"127.0.0.1:{server.port}",
        }.items():
            assert old in text
            text = text.replace(old, new)
        main = tmp_path / "nginx.conf"
        temp = "".join(
            f"{kind}_temp_path {tmp_path / kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main.write_text(
            f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;"
            f"events {{}} http {{ access_log off; {temp} {text} }}"
        )
        proxy = subprocess.Popen([str(nginx), "-c", str(main), "-p", str(tmp_path)])
        try:
            through(port, certificate, invited(data, "anna"))
        finally:
            proxy.terminate()
            proxy.wait(20)


@pytest.mark.skipif(not shutil.which("caddy"), reason="no Caddy here")
def test_caddy_passes_uploads_and_events_on(data: Path, tmp_path: Path) -> None:
    port = free_port()
    certificate, key = own_certificate(tmp_path, "127.0.0.1", ())
    with running(data) as server:
        text = (FOLDER / "Caddyfile").read_text()
        text = text.replace("render.studio.example {", f"https://127.0.0.1:{port} {{", 1)
        text = text.replace("127.0.0.1:8486", f"127.0.0.1:{server.port}")
        head, _, rest = text.partition(f"https://127.0.0.1:{port} {{")
        site = f"https://127.0.0.1:{port} {{\n\ttls {certificate} {key}\n{rest}"
        options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
        path = tmp_path / "Caddyfile"
        path.write_text(options + site)
        proxy = subprocess.Popen(
            [str(shutil.which("caddy")), "run", "--config", str(path), "--adapter", "caddyfile"],
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            stderr=subprocess.DEVNULL,
        )
        try:
            through(port, certificate, invited(data, "anna"))
        finally:
            proxy.terminate()
            proxy.wait(20)


def through(port: int, certificate: Path, token: str) -> None:
    """A job through a proxy; its events arrive while they happen."""
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)
    client = Client(port, token, ssl.create_default_context(cafile=str(certificate)))
    client.upload(b"x" * 20_000_000)
    job = client.submit("short")["id"]
    lines = follow(client, job)
    assert [seq for seq, _ in lines] == list(range(1, len(lines) + 1))
    assert lines[-1][1]["event"] == "done"
    second = client.submit("short")["id"]
    late = []
    with following(client, second) as response:
        for raw in response:
            if raw.startswith(b"data: ") and b'"seq"' in raw:
                late.append(time.time() - json.loads(raw[6:])["time"])
    assert sorted(late)[len(late) // 2] < 0.5, late
    client.close()
