"""Which parts of a model are in a GPU's memory. Imports torch."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


class Placed(ABC):
    """A model of a UNet and parts that are not needed while something is learned."""

    device: torch.device

    @abstractmethod
    def beside_unet(self) -> list[Any]:
        """All parts except the UNet; the first one tells where they are."""

    @contextmanager
    def unet_alone(self) -> Iterator[None]:
        """Within the context, move all parts except the UNet out of GPU memory."""
        parts = self.beside_unet() if self.device.type != "cpu" else []
        for part in parts:
            part.to("cpu")
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            yield
        finally:
            for part in parts:
                part.to(self.device)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Within `unet_alone`, temporarily bring all parts together again. If memory is
        insufficient beside the learning, a RuntimeError of torch is raised and nothing has
        changed."""
        beside = self.beside_unet()
        parts = beside if beside[0].device.type != self.device.type else []
        try:
            for part in parts:
                part.to(self.device)
            yield
        finally:
            for part in parts:
                part.to("cpu")
            if parts and self.device.type == "cuda":
                torch.cuda.empty_cache()
