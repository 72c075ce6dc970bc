"""Seeded random numbers on the device of the training."""

import torch
from torch import Tensor


class Draw:
    """One seeded stream of random numbers; every augmentation draws from it and from nothing else."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = torch.Generator(device=device).manual_seed(seed)

    def uniform(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> Tensor:
        """Return float32 numbers spread evenly between ``low`` and ``high``."""
        return torch.rand(shape, generator=self.generator, device=self.device) * (high - low) + low

    def normal(self, shape: tuple[int, ...], sigma: float = 1.0) -> Tensor:
        """Return float32 Gaussian numbers of mean 0."""
        return torch.randn(shape, generator=self.generator, device=self.device) * sigma

    def chance(self, shape: tuple[int, ...], probability: float) -> Tensor:
        """Return booleans that are true with the given probability."""
        return torch.rand(shape, generator=self.generator, device=self.device) < probability

    def integers(self, shape: tuple[int, ...], high: int) -> Tensor:
        """Return whole numbers from 0 to ``high`` - 1."""
        return torch.randint(high, shape, generator=self.generator, device=self.device)

    def choice(self, weights: Tensor, count: int) -> Tensor:
        """Return ``count`` indices drawn in proportion to ``weights``."""
        return torch.multinomial(weights, count, replacement=True, generator=self.generator)
