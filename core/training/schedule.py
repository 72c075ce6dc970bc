"""How far a training is, by the clock or by steps, and the learning rates that follow from it."""

import math
from dataclasses import dataclass, field

from .recipe import Recipe


@dataclass
class Schedule:
    """Where a training of two parts stands: first the per-frame prior alone, then the whole network."""

    recipe: Recipe
    steps: list[int] = field(default_factory=lambda: [0, 0])  # taken in each part
    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0])  # that each part took, validation included

    @property
    def spent(self) -> float:
        """Seconds of training so far."""
        return sum(self.seconds)

    @property
    def done(self) -> float:
        """Share 0..1 of the training that is over."""
        if self.recipe.by_steps:
            return min(sum(self.steps) / (self.recipe.prior_steps + self.recipe.joint_steps), 1.0)
        return min(self.spent / (self.recipe.minutes * 60), 1.0)

    def part(self) -> tuple[int, float]:
        """Return the part of the training, 0 or 1, and how much of it is done."""
        recipe = self.recipe
        if recipe.by_steps:
            if self.steps[0] < recipe.prior_steps:
                return 0, self.steps[0] / recipe.prior_steps
            return 1, min(self.steps[1] / max(recipe.joint_steps, 1), 1.0)
        share = recipe.prior_share
        if self.done < share:
            return 0, self.done / share
        return 1, (self.done - share) / max(1 - share, 1e-9)

    def rates(self) -> tuple[float, float]:
        """Return the learning rates of the prior and of TCPFormer for the next step.

        Each part begins with a warm-up and falls along half a cosine. The prior ends its first part at the rate
        with which it goes on in the second.
        """
        recipe = self.recipe
        part, position = self.part()
        late = recipe.prior_late_rate if recipe.parts[1] else 0.0
        fall = 0.5 * (1 + math.cos(math.pi * position)) * min(1.0, (self.steps[part] + 1) / recipe.warm_up_steps)
        if part:
            return recipe.learning_rate * late * fall, recipe.learning_rate * fall
        warm = min(1.0, (self.steps[0] + 1) / recipe.warm_up_steps)
        return recipe.learning_rate * min(warm, late + (1 - late) * fall), 0.0
