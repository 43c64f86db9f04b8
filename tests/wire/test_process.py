from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mti_addon.wire.process import boot_id, darwin_start, process_identity

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
    """struct proc_bsdinfo of <sys/proc_info.h>; nothing here has run on macOS itself."""
    fields = struct.pack("=11I4x16s32s5Ii", *range(11), b"python", b"", *range(5), 0)
    answer = fields + struct.pack("=QQ", 1_700_000_000, 250_000)
    assert len(answer) == 136
    assert darwin_start(answer) == 1_700_000_000.25
    zombie = bytearray(answer)
    zombie[4:8] = struct.pack("=I", 5)
    assert darwin_start(bytes(zombie)) is None
