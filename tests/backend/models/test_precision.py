"""Compute precision of the UNet during learning."""

import pytest
import torch
from torch.nn import functional

from mti_addon.wire.settings import Precision
from mti_backend.models import precision
from mti_backend.models.precision import computes_bfloat16, computing_in, learning_dtype

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("wish", "weights", "fast", "expected"),
    [
        ("float32", torch.float32, True, torch.float32),
        ("bfloat16", torch.float32, False, torch.bfloat16),
        ("auto", torch.float32, True, torch.bfloat16),
        ("auto", torch.float32, False, torch.float32),
        # weights loaded in another precision keep it
        ("float32", torch.bfloat16, True, torch.bfloat16),
        ("bfloat16", torch.float64, True, torch.float64),
    ],
)
def test_which_numbers(
    monkeypatch: pytest.MonkeyPatch,
    wish: Precision,
    weights: torch.dtype,
    fast: bool,
    expected: torch.dtype,
) -> None:
    monkeypatch.setattr(precision, "computes_bfloat16", lambda device: fast)
    assert learning_dtype(wish, weights, CPU) == expected


@pytest.mark.parametrize(
    ("found", "fast"),
    [
        ({"architecture": "x86_64", "avx512_f": True, "avx512_bf16": False}, False),
        ({"architecture": "x86_64", "avx512_f": True, "avx512_bf16": True}, True),
        ({"architecture": "x86_64", "amx_bf16": True}, True),
        ({"architecture": "arm64", "bf16": True}, False),
        ({}, False),
    ],
)
def test_a_cpu_says_whether_it_has_bfloat16(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, object], fast: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    assert computes_bfloat16(CPU) is fast


def test_this_machine_s_cpu_and_apple_s_gpu_have_an_answer() -> None:
    assert isinstance(computes_bfloat16(CPU), bool)
    assert computes_bfloat16(torch.device("mps")) is False


def test_products_are_lowered_and_attention_is_not() -> None:
    q = torch.randn(1, 2, 8, 16, dtype=torch.bfloat16)
    with computing_in(torch.bfloat16, torch.float32, CPU):
        assert (torch.randn(4, 4) @ torch.randn(4, 4)).dtype == torch.bfloat16
        attended = functional.scaled_dot_product_attention(q, q, value=q, attn_mask=None)
        assert attended.dtype == torch.float32
        assert torch.is_autocast_enabled("cpu")
    expected = functional.scaled_dot_product_attention(q.float(), q.float(), q.float())
    assert torch.equal(attended, expected)
    outside = functional.scaled_dot_product_attention(q, q, q)
    assert outside.dtype == torch.bfloat16 and not torch.is_autocast_enabled("cpu")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_own_numbers_change_nothing(dtype: torch.dtype) -> None:
    a = torch.randn(4, 4, dtype=dtype)
    with computing_in(dtype, dtype, CPU):
        assert not torch.is_autocast_enabled("cpu")
        assert (a @ a).dtype == dtype
