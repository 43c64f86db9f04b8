"""Every exception becomes a code, a sentence and a remedy."""

from __future__ import annotations

import errno

import pytest
import torch
from safetensors import SafetensorError

from mti_addon.wire.errors import (
    BackendMissing,
    DiskFull,
    Internal,
    NotWritable,
    OutOfMemory,
    WrongModel,
)
from mti_backend.failures import as_mti_error, in_short, short


def _winerror(number: int, words: str) -> OSError:
    """As raised on Windows; elsewhere Python does not set winerror."""
    error = OSError(22, words)
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    return error


def test_a_wire_error_is_itself() -> None:
    error = WrongModel("No.", "Yes.")
    assert as_mti_error(error) is error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull),
        (OSError(errno.EDQUOT, "Quota exceeded", "x.png"), DiskFull),
        (OSError(errno.EROFS, "Read-only file system", "x.png"), NotWritable),
        (PermissionError(errno.EACCES, "Permission denied", "x.png"), NotWritable),
        (MemoryError(), OutOfMemory),
        (torch.OutOfMemoryError("CUDA out of memory."), OutOfMemory),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), OutOfMemory),
        # messages of torch on Windows, on Apple's GPU, on CUDA besides its own class, and on ROCm
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:114] data. DefaultCPUAllocator: not enough memory: "
                "you tried to allocate 9663676416 bytes."
            ),
            OutOfMemory,
        ),
        (
            RuntimeError(
                "MPS backend out of memory (MPS allocated: 8.06 GB, other allocations: 384.00 KB, "
                "max allowed: 9.07 GB). Tried to allocate 1.12 GB on private pool."
            ),
            OutOfMemory,
        ),
        (RuntimeError("Invalid buffer size: 24.00 GiB"), OutOfMemory),
        (RuntimeError("CUDA error: out of memory"), OutOfMemory),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `x`"), OutOfMemory),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), OutOfMemory),
        (RuntimeError("HIP out of memory. Tried to allocate 2 GiB."), OutOfMemory),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), OutOfMemory),
        (_winerror(1455, "The paging file is too small for this operation"), OutOfMemory),
        (_winerror(8, "Not enough memory resources"), OutOfMemory),
        (SafetensorError("The paging file is too small (os error 1455)"), OutOfMemory),
        (RuntimeError("a word on memory: none is out"), Internal),
        (_winerror(2, "The system cannot find the file"), Internal),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), BackendMissing),
        (OSError(errno.EIO, "Input/output error"), Internal),
        (RuntimeError("shapes"), Internal),
        (KeyError("x"), Internal),
    ],
    ids=repr,
)
def test_each_has_its_class_a_sentence_and_a_hint(error: Exception, expected: type) -> None:
    told = as_mti_error(error)
    assert type(told) is expected
    assert told.message.endswith(".")
    assert told.hint.endswith(".")


def test_torch_runs_out_of_memory_on_the_cpu_as_this_expects() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**58, dtype=torch.uint8)
    assert type(as_mti_error(caught.value)) is OutOfMemory


def test_only_the_unexpected_leaves_a_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    as_mti_error(OSError(errno.ENOSPC, "No space left on device"))
    assert capfd.readouterr().err == ""
    told = as_mti_error(ZeroDivisionError("what a surprise"))
    assert "what a surprise" in capfd.readouterr().err
    assert "surprise" not in told.message + told.hint


def test_a_sentence_of_any_length_is_told_in_one_line() -> None:
    assert short("It is so.") == "It is so."
    long = short("Missing:\n" + "\n".join(f"tensor {i}" for i in range(100_000)) + "\nAgain.")
    assert len(long) <= 600 and "\n" not in long
    assert long.startswith("Missing: tensor 0 ") and long.endswith("Again.")


def test_of_a_library_s_error_the_first_line_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    told = in_short(RuntimeError("Error(s) in loading state_dict for X:\n\tsize mismatch\n" * 99))
    assert told == "Error(s) in loading state_dict for X."
    assert "size mismatch" in capfd.readouterr().err
    assert in_short(ValueError()) == "ValueError."
    assert len(in_short(OSError("x" * 10_000))) <= 201
