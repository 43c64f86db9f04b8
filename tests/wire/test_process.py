from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mti_addon.wire.process import (
    boot_id,
    darwin_start,
    end_process,
    machine_id,
    named_machine,
    process_identity,
)
from tests.wire.examples import ROOT

linux = pytest.mark.skipif(sys.platform != "linux", reason="about /proc")


def test_this_process_has_an_identity_that_stays() -> None:
    first = process_identity(os.getpid())
    assert first is not None and first > 0
    time.sleep(0.05)
    assert process_identity(os.getpid()) == first


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 5])
def test_what_is_no_process_has_none(pid: int) -> None:
    assert process_identity(pid) is None


def test_a_later_process_is_another_one() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        theirs, ours = process_identity(process.pid), process_identity(os.getpid())
        assert theirs is not None and ours is not None and theirs > ours
    assert process_identity(process.pid) is None


@linux
def test_a_zombie_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    try:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert Path(f"/proc/{process.pid}").exists()
        assert process_identity(process.pid) is None
    finally:
        process.wait()


@linux
def test_a_name_may_hold_spaces_and_parentheses(tmp_path: Path) -> None:
    program = tmp_path / "a) Z 1 (b"
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([str(program), "60"])
    try:
        deadline = time.monotonic() + 5
        while ") Z 1 (" not in Path(f"/proc/{process.pid}/stat").read_text():
            assert time.monotonic() < deadline
        assert process_identity(process.pid) is not None
    finally:
        process.kill()
        process.wait()


@linux
def test_the_start_time_agrees_with_psutil() -> None:
    psutil = pytest.importorskip("psutil")
    expected = psutil.Process().create_time() - psutil.boot_time()
    assert process_identity(os.getpid()) == pytest.approx(expected, abs=2.0)


@linux
def test_the_boot_has_a_name() -> None:
    assert len(boot_id()) == 36


def test_macos_s_answer_is_read_as_its_header_says() -> None:
    """struct proc_bsdinfo of <sys/proc_info.h>; not tested on macOS itself."""
    fields = struct.pack("=11I4x16s32s5Ii", *range(11), b"python", b"", *range(5), 0)
    answer = fields + struct.pack("=QQ", 1_700_000_000, 250_000)
    assert len(answer) == 136
    assert darwin_start(answer) == 1_700_000_000.25
    zombie = bytearray(answer)
    zombie[4:8] = struct.pack("=I", 5)
    assert darwin_start(bytes(zombie)) is None


@linux
def test_a_container_has_a_boot_of_its_own() -> None:
    """Its processes are numbered separately, so a process ID there means nothing here."""
    code = "from mti_addon.wire.process import boot_id; print(boot_id())"
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no container can be made here: {done.stderr.strip()}")
    theirs = done.stdout.strip()
    assert theirs != boot_id() and theirs.partition("/")[0] == boot_id().partition("/")[0]


def test_the_machine_has_a_name_that_stays() -> None:
    assert machine_id() == machine_id() and len(machine_id()) in (0, 16)


def test_linux_names_its_machine_in_a_file(tmp_path: Path) -> None:
    assert named_machine("linux", tmp_path) == ""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("uninitialized\n")  # during its first boot
    assert named_machine("linux", tmp_path) == ""
    (tmp_path / "var/lib/dbus").mkdir(parents=True)
    (tmp_path / "var/lib/dbus/machine-id").write_text("3d1219c7c4c5404aaa1f6d2a48adfda4\n")
    name = named_machine("linux", tmp_path)
    assert len(name) == 16 and not "3d1219c7c4c5404aaa1f6d2a48adfda4".startswith(name)
    (tmp_path / "etc/machine-id").write_text("0" * 31 + "1\n")
    assert named_machine("linux", tmp_path) not in ("", name)


class _Registry:
    """Simulates winreg on a Windows with or without a machine GUID."""

    HKEY_LOCAL_MACHINE, KEY_READ, KEY_WOW64_64KEY = 2, 1, 256

    def __init__(self, guid: str | None) -> None:
        self.guid = guid

    def OpenKey(self, hive: int, path: str, reserved: int, access: int) -> _Registry:  # noqa: N802
        assert (hive, path) == (2, r"SOFTWARE\Microsoft\Cryptography") and access == 257
        return self

    def __enter__(self) -> _Registry:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to release."""

    def QueryValueEx(self, key: _Registry, name: str) -> tuple[str, int]:  # noqa: N802
        assert name == "MachineGuid"
        if self.guid is None:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return self.guid, 1


def test_windows_names_its_machine_in_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for guid in ("f0a1c2d3-0000-4000-8000-1234567890ab", "another", None):
        monkeypatch.setitem(sys.modules, "winreg", _Registry(guid))
        names.append(named_machine("win32"))
    assert len(set(names)) == 3 and [len(name) for name in names] == [16, 16, 0]


class _Libc:
    """Simulates macOS's gethostuuid(3)."""

    def __init__(self, uuid: bytes) -> None:
        self.uuid = uuid

    def gethostuuid(self, buffer: ctypes.Array[ctypes.c_char], wait: object) -> int:
        if not self.uuid:
            return -1
        buffer.raw = self.uuid
        return 0


def test_macos_is_asked_for_the_name_of_its_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for uuid in (bytes(range(16)), bytes(range(1, 17)), b""):
        monkeypatch.setattr(ctypes, "CDLL", lambda path, uuid=uuid: _Libc(uuid))
        names.append(named_machine("darwin"))
    assert len(set(names)) == 3 and [len(name) for name in names] == [16, 16, 0]


def test_a_process_is_ended_only_if_it_is_the_one_that_is_meant() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_identity(process.pid)
    assert started is not None
    end_process(process.pid, started - 1)
    time.sleep(0.2)
    assert process.poll() is None
    end_process(process.pid, started)
    assert process.wait(10) != 0
    end_process(process.pid, started)
    process.communicate()
