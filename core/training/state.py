"""The folder beside the weights that an unfinished training goes on from."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch

from ...errors import PosewrightError
from ..outputs import write_whole


class TrainingFolder:
    """``NAME.training`` beside ``NAME.safetensors``: the state while it lasts, the curves and the config for good."""

    def __init__(self, out: Path) -> None:
        self.path = out.with_suffix(".training")
        self.state = self.path / "state.pt"
        self.curves = self.path / "curves.csv"
        self.picture = self.path / "curves.png"
        self.config = self.path / "config.toml"

    def start(self, config: str) -> None:
        """Make the folder anew, with nothing in it but the config."""
        try:
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir(parents=True)
        except OSError as error:
            raise PosewrightError(f"The folder {self.path} cannot be made anew: {error.strerror}.") from error
        write_whole(self.config, config.encode())

    def keep(self, state: dict[str, Any]) -> None:
        """Write the state; the old one stays until the new one is complete."""
        partial = self.state.with_name(f"{self.state.name}.{os.getpid()}.part")
        try:
            torch.save(state, partial)
            partial.replace(self.state)
        except (OSError, RuntimeError) as error:
            raise PosewrightError(f"The state of the training cannot be written to {self.path}: {error}.") from error
        finally:
            partial.unlink(missing_ok=True)

    def read(self, device: torch.device) -> dict[str, Any] | None:
        """Return the stored state, or None when there is none; PosewrightError when it is damaged."""
        for partial in self.path.glob("*.part"):  # of a process that was killed while it wrote
            partial.unlink(missing_ok=True)
        if not self.state.is_file():
            return None
        try:
            return torch.load(self.state, map_location=device, weights_only=True)
        except Exception as error:  # torch raises whatever its parts raise
            raise PosewrightError(f"{self.state} is damaged; use --fresh to start anew.") from error
