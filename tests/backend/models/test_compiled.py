"""Compiled blocks give the same results; if compilation fails, the originals are used."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mti_backend.memory.oom_fallback import fall_back
from mti_backend.models.compiled import Compiled
from mti_backend.models.gradient_checkpointing import POLICIES
from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, make_tiny_model


@pytest.fixture
def model(tmp_path: Path) -> SvdModel:
    torch._dynamo.reset()
    return SvdModel("draft", make_tiny_model(tmp_path / "tiny"))


def assert_same(found: Tensor, expected: Tensor) -> None:
    """Equal up to rounding: processors differ in the order of sums."""
    bound = 1e-5 * float(expected.abs().max())
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=bound)


def gradient(model: SvdModel) -> Tensor:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(1, FRAMES, 4, 8, 8, generator=g)
    tokens = torch.randn(1, FRAMES, 2, 32, generator=g).requires_grad_()
    clip = torch.randn(1, 2, 32, generator=g)
    output = model.network(
        x, torch.tensor([0.3]), x[:, :1], tokens, clip, model.time_ids(7, 127, 0.02)
    )
    (found,) = torch.autograd.grad(output.square().mean(), tokens)
    return found


def test_without_a_compiler_all_goes_on(model: SvdModel, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = gradient(model)
    said: list[str] = []

    def no_compiler(*args: object, **kwargs: object) -> object:
        raise RuntimeError("No working C++ compiler found\nand a long story")

    monkeypatch.setattr(torch, "compile", lambda plain, **how: no_compiler)
    compiled = Compiled(model.unet, say=said.append)
    assert len(compiled) > 5
    torch.testing.assert_close(gradient(model), expected, rtol=0, atol=0)
    assert len(compiled) == 0
    assert said == [
        "Compilation failed; continuing uncompiled (RuntimeError: No working C++ compiler found)."
    ]


def test_a_full_memory_is_no_reason_to_give_up(
    model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> object:
        raise torch.OutOfMemoryError("full")

    monkeypatch.setattr(torch, "compile", lambda plain, **how: full)
    compiled = Compiled(model.unet)
    with pytest.raises(torch.OutOfMemoryError):
        gradient(model)
    assert not compiled.failed


class _FailsInBackward(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        raise RuntimeError("a graph's output was overwritten")


def test_what_fails_in_backward_only_is_gone_on_from_uncompiled(
    model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = gradient(model)
    said: list[str] = []

    def compiler(plain: Callable[..., Tensor], **how: object) -> Callable[..., Tensor]:
        return lambda *args, **kwargs: _FailsInBackward.apply(plain(*args, **kwargs))

    monkeypatch.setattr(torch, "compile", compiler)
    model.compiled = Compiled(model.unet, "graphs", said.append)
    with pytest.raises(RuntimeError, match="overwritten") as caught:
        gradient(model)
    change = fall_back(model, caught.value)
    assert change is not None and change.code == "compiled_model_failed"
    torch.testing.assert_close(gradient(model), expected, rtol=0, atol=0)
    assert "overwritten" in said[0] and model.compiled is None
    assert fall_back(model, caught.value) is None


def test_computing_again_may_end_early_in_a_compiled_block(
    model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = gradient(model)
    monkeypatch.setattr(torch, "compile", lambda plain, **how: plain)
    compiled = Compiled(model.unet)
    model.set_checkpointing(POLICIES[-1].name)
    assert_same(gradient(model), expected)
    assert not compiled.failed


def test_what_fails_in_computing_again_is_gone_on_from_uncompiled(
    model: SvdModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = gradient(model)
    said: list[str] = []
    calls, one = [0], torch.ones(())

    def compiler(plain: Callable[..., Tensor], **how: object) -> Callable[..., Tensor]:
        def compiled(*args: Tensor, **kwargs: Tensor) -> Tensor:
            calls[0] += 1
            if calls[0] > len(
                model.compiled or ()
            ):  # each has been called once, so this is backward
                raise RuntimeError("no such kernel")
            return plain(*args, **kwargs) * one  # stores an additional tensor, as a compiler may

        return compiled

    monkeypatch.setattr(torch, "compile", compiler)
    model.compiled = Compiled(model.unet, say=said.append)
    model.set_checkpointing(POLICIES[-1].name)
    with pytest.raises(Exception) as caught:  # torch has several ways to detect it
        gradient(model)
    change = fall_back(model, caught.value)
    assert change is not None and change.code == "compiled_model_failed"
    assert_same(gradient(model), expected)
    assert len(said) == 1 and "no such kernel" in said[0] and model.compiled is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the compiler
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
@pytest.mark.parametrize(
    ("policy", "mode"),
    [(POLICIES[0].name, "1"), (POLICIES[4].name, "1"), (POLICIES[0].name, "graphs")],
)
def test_compiled_blocks_give_the_same_gradient(model: SvdModel, policy: str, mode: str) -> None:
    expected = gradient(model)
    said: list[str] = []
    compiled = Compiled(model.unet, mode, said.append)
    model.set_checkpointing(policy)
    torch.testing.assert_close(gradient(model), expected, rtol=1e-3, atol=1e-7)
    assert not said and len(compiled) > 5
    model.set_checkpointing(POLICIES[0].name)
    compiled.remove()
    torch.testing.assert_close(gradient(model), expected, rtol=0, atol=0)
