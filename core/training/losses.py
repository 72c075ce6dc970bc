"""The losses of training: position, position without scale, and velocity, as in TCPFormer (AAAI 2025); uncertainty."""

from torch import Tensor

SCALE_FREE = 0.5
VELOCITY = 1.0


def pose_loss(poses: Tensor, truth: Tensor) -> Tensor:
    """Return the loss of poses (B,T,J,3), relative to the pelvis."""
    loss = _distance(poses, truth) + SCALE_FREE * _distance(_rescaled(poses, truth), truth)
    if poses.shape[1] > 1:
        loss = loss + VELOCITY * _distance(poses.diff(dim=1), truth.diff(dim=1))
    return loss


def uncertainty_loss(poses: Tensor, truth: Tensor, spread: Tensor) -> Tensor:
    """Return how badly ``spread`` (B,T,J), the log of the expected error, foretells the error of poses (B,T,J,3).

    The negative log likelihood of UAO (TMM 2025), with the poses held fixed: it teaches the spread alone and takes
    no accuracy away. Its minimum is at ``spread`` = log of the mean error.
    """
    error = (poses.detach() - truth).norm(dim=-1)
    return (error * (-spread).exp() + spread).mean()


def _distance(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).norm(dim=-1).mean()


def _rescaled(poses: Tensor, truth: Tensor) -> Tensor:
    """Scale every frame to fit the truth best."""
    fit = (poses * truth).sum((-1, -2), keepdim=True) / poses.square().sum((-1, -2), keepdim=True).clamp(min=1e-9)
    return poses * fit
