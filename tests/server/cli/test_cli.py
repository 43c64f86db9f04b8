"""serve and its sub-commands, as an administrator types them."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mti_backend.server.cli import main
from tests.mounting import mounted
from tests.server.serving import ROOT, Client, invited, running

PAIRING = r"mti1:(?P<host>[^#]+):(?P<port>\d+)#(?P<pin>[0-9a-f]{64})?#(?P<token>[\w-]{43})"


def serve(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mti_backend", "serve", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_an_invitation_is_all_that_an_artist_needs(data: Path) -> None:
    with running(data, "--tls") as server:
        done = serve("invite", "anna", "--data", str(data))
        assert done.returncode == 0, done.stderr
        match = re.fullmatch(PAIRING + "\n", done.stdout)
        assert match is not None, done.stdout
        assert (match["host"], int(match["port"])) == ("127.0.0.1", server.port)
        assert match["pin"] == server.status["fingerprint"]
        pem = ssl.get_server_certificate(("127.0.0.1", server.port))
        client = Client(server.port, match["token"], ssl.create_default_context(cadata=pem))
        assert client.get("/v1/me").json["user"] == "anna"
        client.close()


def test_an_address_that_the_server_is_not_known_by_is_warned_of(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def warned(*arguments: str) -> tuple[bool, bool]:
        assert main(["invite", "anna", "--data", str(data), *arguments]) == 0
        told = capsys.readouterr()
        assert told.out.startswith("mti1:") and told.out.count("\n") == 1
        return "is not known by the name" in told.err, "certificate does not name" in told.err

    with running(data, "--tls", "--name", "render.studio.example") as server:
        assert warned() == (False, False)
        good = ("localhost", "127.0.0.1", "[::1]", "Render.Studio.Example", socket.gethostname())
        for host in good:
            assert warned("--address", f"{host}:{server.port}") == (False, False), host
        for host in ("10.0.0.7", "render.studio", "x.studio.example", "[fe80::7]"):
            assert warned("--address", f"{host}:{server.port}") == (True, True), host
        client = Client(server.port, invited(data, "ben"), ssl._create_unverified_context())
        assert client.get("/v1/me", Host="10.0.0.7").code == "host_unknown"  # as it was said
        client.close()
        assert server.stop() == 0
    assert warned("--address", "10.0.0.7:8486") == (False, True)  # it is not running


def test_a_wildcard_names_one_level(tmp_path: Path) -> None:
    from mti_backend.server.tls import covers, own_certificate

    certificate, _ = own_certificate(tmp_path, "*.studio.example", ())
    assert covers(certificate, "render.studio.example")
    assert not covers(certificate, "a.render.studio.example")
    assert not covers(certificate, "studio.example")


def test_users_are_listed_and_revoked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    invited(prepared(data), "anna", admin=True)
    invited(data, "ben")
    assert main(["users", "--data", str(data)]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[1].startswith("anna (admin)") and re.search(r"\d{4}-\d\d-\d\d", listed[1])
    assert main(["revoke", "ben", "--data", str(data)]) == 0
    assert capsys.readouterr().out == "Tokens of ben revoked: 1.\n"
    assert main(["limit", "ben", "--queued", "3", "--stored-gib", "0.5", "--data", str(data)]) == 0
    main(["users", "--data", str(data)])
    assert re.search(r"ben +none", capsys.readouterr().out)


def test_the_right_to_see_the_page_is_taken_back(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(data) as server:
        boss = Client(server.port, invited(data, "boss", admin=True))
        assert boss.get("/admin").status == 200
        assert main(["revoke", "boss", "--admin", "--data", str(data)]) == 0
        assert capsys.readouterr().out == "boss no longer sees the page /admin.\n"
        assert boss.get("/admin").status == 404 and boss.get("/v1/me").status == 200
        assert main(["revoke", "boss", "--admin", "--data", str(data)]) == 0
        assert capsys.readouterr().out == "boss did not see the page /admin.\n"
        boss.close()


def prepared(data: Path) -> Path:
    from mti_backend.server.files.places import Places

    Places(data)
    return data


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("revoke", "nobody", "--data", "SERVER"), "There is no user nobody."),
        (("limit", "nobody", "--queued", "1", "--data", "SERVER"), "There is no user nobody."),
        *(
            ((*command, "--data", "EMPTY"), "has no server's data. Give the server's data folder")
            for command in (
                *(("backup", "FILE"), ("users",), ("revoke", "anna")),
                ("limit", "anna", "--queued", "1"),
            )
        ),
        (("invite", "an na", "--address", "a:1"), "cannot be a user's name"),
        (("invite", "anna"), "The server is not running"),
        (("invite", "anna", "--address", "a:1", "--days", "0"), "--days must be more than 0"),
        (("restore", "missing.tar", "--data", "EMPTY"), "is not a server's backup"),
        (("--running", "0", "--devices", "cpu"), "--running must be at least 1, and is 0."),
        (("--host", "0.0.0.0", "--no-tls", "--devices", "cpu"), "could read every token"),
        (("--cert", "missing.pem", "--key", "x", "--devices", "cpu"), "is not a certificate"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    places = {"EMPTY": str(data), "FILE": f"{data}.tar"}
    if "SERVER" in arguments:
        invited(prepared(data), "anna")
        places["SERVER"] = str(data)
    given = [places.get(each, each) for each in arguments]
    given += [] if "--data" in given else ["--data", str(data)]
    assert main(given) == 2
    told = capsys.readouterr().err
    assert said in told and told.startswith("mti: ") and told.count("\n") == 1
    if "has no server's data" in said:
        assert not data.exists() and not Path(f"{data}.tar").exists()


def test_a_port_that_is_taken_is_told(data: Path) -> None:
    with running(data) as server:
        port = str(server.port)
        done = serve("--data", f"{data}2", "--port", port, "--devices", "cpu", "--no-tls")
        assert done.returncode == 75 and f"port {port}" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_server_says_where_it_is_in_one_line(data: Path) -> None:
    command = [sys.executable, "-m", "mti_backend", "serve", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--devices", "cpu"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["url"] == f"https://127.0.0.1:{told['port']}" and len(told["fingerprint"]) == 64
    assert told["data"] == str(data)
    process.terminate()
    assert process.wait(20) == 0 and process.stdout.read() == ""
    process.stdout.close()


def test_a_backup_of_a_running_server_is_the_server(data: Path, tmp_path: Path) -> None:
    backup, restored = tmp_path / "backup.tar", tmp_path / "restored"
    with running(data, "--tls", "--pause", "0.15") as server:
        pem = ssl.get_server_certificate(("127.0.0.1", server.port))
        context = ssl.create_default_context(cadata=pem)
        client = Client(server.port, invited(data, "anna"), context)
        done = client.submit("finish")["id"]
        client.wait(done)
        going = client.submit("slow")["id"]
        while len(client.lines(going)) < 8:
            time.sleep(0.05)
        told = serve("backup", str(backup), "--data", str(data))
        assert told.returncode == 0, told.stderr
        assert serve("backup", str(backup), "--data", str(data)).returncode == 2  # it is kept
        files = client.get(f"/v1/jobs/{done}/files").json
        client.close()
    told = serve("restore", str(backup), "--data", str(restored))
    assert told.returncode == 0, told.stderr
    assert serve("restore", str(backup), "--data", str(restored)).returncode == 2
    assert os.stat(restored).st_mode & 0o077 == 0
    with running(restored, "--tls") as server:
        client.port = server.port  # the token and the certificate are the same
        assert client.get(f"/v1/jobs/{done}/files").json == files
        assert client.get(f"/v1/jobs/{done}/files/frames/0001.png").status == 200
        assert client.wait(going)["state"] == "done"  # resumed from its checkpoint
        assert "resumed" in [line["event"] for line in client.lines(going)]
        client.close()


def test_the_audit_log_is_in_a_backup(data: Path, tmp_path: Path) -> None:
    from mti_backend.server import audit

    invited(prepared(data), "anna")
    log = audit.Audit(data / "audit.log")
    log._handler.maxBytes = 200
    for number in range(8):
        log.note("submit", "anna", "127.0.0.1", job=f"{number}")
    log.close()
    written = {path.name: path.read_bytes() for path in data.glob("audit.log*")}
    assert len(written) > 2
    backup, restored = tmp_path / "backup.tar", tmp_path / "restored"
    assert main(["backup", str(backup), "--data", str(data)]) == 0
    assert main(["restore", str(backup), "--data", str(restored)]) == 0
    assert {path.name: path.read_bytes() for path in restored.glob("audit.log*")} == written


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """An empty file system of its own, as a container's volume is."""
    with mounted(tmp_path / "volume", "size=3m") as place:
        (place / "lost+found").mkdir()
        yield place


def test_a_backup_is_restored_into_a_mounted_volume(
    data: Path, tmp_path: Path, volume: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = tmp_path / "backup.tar"
    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))
        job = client.submit("finish")["id"]
        client.wait(job)
        assert main(["backup", str(backup), "--data", str(data)]) == 0
        client.close()
    large = tmp_path / "large.tar"
    shutil.copyfile(backup, large)
    with tarfile.open(large, "a") as archive:
        info = tarfile.TarInfo("blobs/aa/large")
        info.size = 4 * 2**20
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    for damaged in (large, tmp_path / "missing.tar"):
        assert main(["restore", str(damaged), "--data", str(volume)]) != 0
        assert [path.name for path in volume.iterdir()] == ["lost+found"]
    assert "no space left" in capsys.readouterr().err
    assert main(["restore", str(backup), "--data", str(volume)]) == 0
    assert main(["restore", str(backup), "--data", str(volume)]) == 2
    with running(volume) as server:
        client.port = server.port
        assert client.get(f"/v1/jobs/{job}/files/frames/0001.png").status == 200
        client.close()


def test_a_damaged_backup_restores_nothing(data: Path, tmp_path: Path) -> None:
    with running(data):
        pass
    backup = tmp_path / "backup.tar"
    assert serve("backup", str(backup), "--data", str(data)).returncode == 0
    backup.write_bytes(backup.read_bytes()[:20_000])
    told = serve("restore", str(backup), "--data", str(tmp_path / "restored"))
    assert told.returncode == 2 and "Traceback" not in told.stderr
    assert not (tmp_path / "restored").exists()


def test_a_hostile_backup_writes_nowhere_else(tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar"
    with tarfile.open(backup, "w") as archive:
        info = tarfile.TarInfo("../../escaped")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    assert main(["restore", str(backup), "--data", str(tmp_path / "a" / "b" / "data")]) == 2
    assert list(tmp_path.rglob("escaped")) == []


@pytest.mark.parametrize("package", ["apsw", "starlette", "uvicorn"])
def test_what_is_not_installed_is_named(package: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None\n"
    code += "from mti_backend.__main__ import main; sys.exit(main(['serve', '--devices', 'cpu']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"The server needs the package {package}" in done.stderr
    assert "requirements-server.lock" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none_is_told(
    data: Path, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(data), "--port", port, "--devices", "cpu"]) == 2
    assert "from 0 to 65535" in capsys.readouterr().err
