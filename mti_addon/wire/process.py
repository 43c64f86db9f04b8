"""Reliable identification of processes: PIDs are reused, start times are not. Stdlib only.

Uses files and system calls only, so that Blender never waits: microseconds each. Linux is tested by
this project; macOS (libproc) and Windows (kernel32) follow their documentation.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib
import os
import re
import signal
import struct
import sys
from pathlib import Path
from typing import Any


def process_identity(pid: int) -> float | None:
    """Return when process `pid` started, or None if it is not running (a zombie is not).

    In seconds on the system's own scale (Linux: since boot; macOS and Windows: Unix time); only
    comparable with other values of the same boot.
    """
    if pid <= 0:
        return None
    if sys.platform == "linux":
        return _linux(pid)
    if sys.platform == "win32":
        return _windows(pid)
    return _darwin(pid)


def end_process(pid: int, started: float) -> None:
    """Kill process `pid` if it is still the one started then; harmless if it has ended."""
    if process_identity(pid) != started:
        return
    with contextlib.suppress(OSError):
        # on Windows any signal but two special ones terminates a process immediately
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


_FIRST_NAMESPACE = 0xEFFFFFFC
"""Inode of the initial PID namespace of Linux (PROC_PID_INIT_INO)."""


@functools.cache
def boot_id() -> str:
    """Return an identifier of this boot of this machine; empty where start times are absolute.

    BOOT/NAMESPACE in a container, which has its own process IDs: the same number is another process
    outside.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return ""
    return boot if namespace == _FIRST_NAMESPACE else f"{boot}/{namespace}"


@functools.cache
def machine_id() -> str:
    """Return an identifier of this machine that survives renaming; empty if the system has none."""
    return named_machine(sys.platform)


def named_machine(system: str, root: Path = Path("/")) -> str:
    """Return 16 hex digits of the identifier that `system` assigns its machine; `root` is Linux's.

    Hashed, since the systems ask not to disclose their identifiers.
    """
    try:
        if system == "win32":
            name = _windows_machine()
        elif system == "darwin":
            name = _darwin_machine()
        else:
            name = _linux_machine(root)
    except (OSError, AttributeError, ImportError):
        return ""
    return hashlib.sha256(b"mti" + name).hexdigest()[:16] if name else ""


def _linux_machine(root: Path) -> bytes:
    for place in ("etc/machine-id", "var/lib/dbus/machine-id"):
        with contextlib.suppress(OSError):
            name = (root / place).read_bytes().strip()
            if re.fullmatch(rb"[0-9a-f]{32}", name):
                return name
    return b""


def _windows_machine() -> bytes:
    # this module is unknown to mypy on every other system
    registry: Any = importlib.import_module("winreg")
    # otherwise a 32-bit Python is shown a part of the registry without this value
    access = registry.KEY_READ | registry.KEY_WOW64_64KEY
    place = r"SOFTWARE\Microsoft\Cryptography"
    with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, place, 0, access) as key:
        value, _ = registry.QueryValueEx(key, "MachineGuid")
    return str(value).encode()


def _darwin_machine() -> bytes:
    buffer = ctypes.create_string_buffer(16)
    wait = struct.pack("=qq", 1, 0)  # struct timespec
    failed = ctypes.CDLL("/usr/lib/libSystem.dylib").gethostuuid(buffer, wait)
    return b"" if failed else buffer.raw


def _linux(pid: int) -> float | None:
    if sys.platform == "win32":  # for the type checker
        return None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    # proc(5): the name, in parentheses, may itself contain spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    state, start_ticks = fields[0], int(fields[19])
    return None if state in "ZXx" else start_ticks / os.sysconf("SC_CLK_TCK")


def _darwin(pid: int) -> float | None:
    flavor, size = 3, 136  # PROC_PIDTBSDINFO, sizeof(struct proc_bsdinfo) of <sys/proc_info.h>
    buffer = ctypes.create_string_buffer(size)
    try:
        libproc = ctypes.CDLL("/usr/lib/libproc.dylib")
    except OSError:
        return None
    written = libproc.proc_pidinfo(pid, flavor, ctypes.c_uint64(0), buffer, size)
    return darwin_start(buffer.raw) if written == size else None


def darwin_start(proc_bsdinfo: bytes) -> float | None:
    """Return the start time in macOS's `struct proc_bsdinfo` (136 bytes), in Unix seconds."""
    zombie = 5
    (status,) = struct.unpack_from("=I", proc_bsdinfo, 4)
    seconds, microseconds = struct.unpack_from("=QQ", proc_bsdinfo, 120)
    return None if status == zombie else seconds + microseconds / 1e6


def _windows(pid: int) -> float | None:
    if sys.platform != "win32":  # for the type checker
        return None
    from ctypes import wintypes

    query_limited_information, still_active = 0x1000, 259
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return None
    try:
        code = wintypes.DWORD()
        created, *others = (wintypes.FILETIME() for _ in range(4))
        pointers = [ctypes.byref(each) for each in (created, *others)]
        process = wintypes.HANDLE(handle)
        if not kernel.GetExitCodeProcess(process, ctypes.byref(code)) or code.value != still_active:
            return None
        if not kernel.GetProcessTimes(process, *pointers):
            return None
        ticks = (created.dwHighDateTime << 32) | created.dwLowDateTime
        return ticks / 1e7 - 11_644_473_600  # 100 ns since 1601
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
