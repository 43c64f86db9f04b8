"""Parameters with their AdamW, and the state from which both go on. Imports torch only."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class ResumableAdamW:
    """Named parameters that AdamW updates at a constant rate, with the betas 0.9 and 0.999."""

    def __init__(
        self, tables: Mapping[str, nn.Parameter], rate: float, weight_decay: float
    ) -> None:
        self.tables = dict(tables)
        self.optimizer = torch.optim.AdamW(self.parameters, lr=rate, weight_decay=weight_decay)

    @property
    def parameters(self) -> list[nn.Parameter]:
        return list(self.tables.values())

    def gradients(self, loss: Tensor) -> list[Tensor]:
        """The gradient of a loss for each parameter, and for nothing else."""
        return list(torch.autograd.grad(loss, self.parameters))

    def update(self, gradients: Iterable[Tensor]) -> None:
        """One step of AdamW."""
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def copies(self) -> list[Tensor]:
        """The parameters' present values."""
        return [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def restore(self, values: Iterable[Tensor]) -> None:
        """Set the parameters to `copies`."""
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.copy_(value)

    def state_dict(self) -> dict[str, Tensor]:
        """Values and moments by NAME, NAME.exp_avg, and so on."""
        state: dict[str, Tensor] = {}
        for name, p in self.tables.items():
            state[name] = p.detach().clone()
            for key, moment in self.optimizer.state.get(p, {}).items():
                state[f"{name}.{key}"] = moment.detach().clone()
        return state

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from `state_dict`. Raises KeyError if it lacks a parameter."""
        self.restore(state[name] for name in self.tables)
        for name, p in self.tables.items():
            found = {key: state[f"{name}.{key}"] for key in _MOMENTS if f"{name}.{key}" in state}
            if found:
                # AdamW counts its steps on the CPU.
                self.optimizer.state[p] = {
                    key: m.clone() if key == "step" else m.to(p).clone() for key, m in found.items()
                }
