"""Which process is it really? A pid comes back after a while; its start time does not. Stdlib only.

Asked by files and system calls only, so that Blender never waits: microseconds each. Linux is
tested by this project; macOS (libproc) and Windows (kernel32) follow their documentation.
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
    """When process `pid` started, or None if it does not run (a zombie does not).

    Seconds on the system's own scale (Linux: since boot; macOS and Windows: Unix time): good for
    comparing with another value of the same boot, and for nothing else.
    """
    if pid <= 0:
        return None
    if sys.platform == "linux":
        return _linux(pid)
    if sys.platform == "win32":
        return _windows(pid)
    return _darwin(pid)


def end_process(pid: int, started: float) -> None:
    """Kill process `pid`, if it still is the one that started then; harmless if it has ended."""
    if process_identity(pid) != started:
        return
    with contextlib.suppress(OSError):
        # on Windows any number but two of its own ends a process at once
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


_FIRST_NAMESPACE = 0xEFFFFFFC
"""Inode of the list of processes that Linux starts with (PROC_PID_INIT_INO)."""


@functools.cache
def boot_id() -> str:
    """Names this boot of this machine; empty where start times are absolute and need no name.

    BOOT/NAMESPACE in a container, whose processes are counted by themselves: the same number is
    another process outside.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return ""
    return boot if namespace == _FIRST_NAMESPACE else f"{boot}/{namespace}"


@functools.cache
def machine_id() -> str:
    """Names this machine, also after it was renamed; empty where the system has no such name."""
    return named_machine(sys.platform)


def named_machine(system: str, root: Path = Path("/")) -> str:
    """16 hex digits of the name that `system` gives its machine; `root` is Linux's.

    Hashed: the systems ask not to let their own names out.
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
    # mypy, and every other system, knows nothing in this module
    registry: Any = importlib.import_module("winreg")
    # a Python of 32 bits would else be shown a part of the registry that has no such value
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
    # proc(5): the name, in parentheses, may itself hold spaces and parentheses.
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
    """The start time in macOS's `struct proc_bsdinfo` (136 bytes), in Unix seconds."""
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
