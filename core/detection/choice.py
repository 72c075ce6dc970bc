"""One answer out of several readings of each frame: the Viterbi path, then the mean of those that agree with it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .crops import BODY, MIRROR

UNSURE_COST = 4.0  # per 1 - mean heatmap peak of the body
SWAP_COST = 0.15  # for a reading with left and right exchanged: pays for itself only where it makes the path smooth
STEP_COST = 30.0  # per mean step of the body joints, in sizes of the person
STEP_LIMIT = 0.15  # a joint that jumps further than this costs no more
AGREE = 0.06  # of the person's size: readings of a joint this close to the choice are averaged with it
USUAL_STEP = 1.0 / 30.0  # seconds between frames at which STEP_COST holds
CHUNK = 512  # frames whose transitions are computed at once


@dataclass
class Candidates:
    """C readings of the same F frames; all frames hold a person."""

    points: NDArray[np.float32]  # (F,C,33,2) pixels
    confidence: NDArray[np.float32]  # (F,C,33) 0..1
    world: NDArray[np.float32]  # (F,C,33,3) metres
    size: NDArray[np.float32]  # (F,) size of the person in pixels
    times: NDArray[np.float64]  # (F,) seconds


def choose(candidates: Candidates) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return points (F,33,2), confidence (F,33) and world points (F,33,3) of the smoothest sure path."""
    count = candidates.points.shape[1]
    chosen = viterbi_path(candidates)
    frames = np.arange(len(chosen))
    reading, swapped = chosen % count, chosen >= count
    points = candidates.points[frames, reading]
    confidence = candidates.confidence[frames, reading]
    world = candidates.world[frames, reading]
    points[swapped], confidence[swapped], world[swapped] = (
        points[swapped][:, MIRROR],
        confidence[swapped][:, MIRROR],
        world[swapped][:, MIRROR],
    )
    points, confidence = _mean_of_agreeing(candidates, points, confidence)
    return points, confidence, world


def viterbi_path(candidates: Candidates) -> NDArray[np.intp]:
    """Return for each frame which reading to take (F,): 0..C-1 as it is, C..2C-1 with the sides exchanged."""
    body = candidates.points[:, :, BODY]
    states = np.concatenate([body, candidates.points[:, :, MIRROR][:, :, BODY]], 1)  # (F,2C,12,2)
    unsure = UNSURE_COST * (1.0 - candidates.confidence[:, :, BODY].mean(2))
    cost = np.concatenate([unsure, unsure + SWAP_COST], 1)
    frames, count = cost.shape
    total, back = cost[0], np.zeros((frames, count), np.intp)
    for start in range(1, frames, CHUNK):
        steps = _step_costs(states[start - 1 : start + CHUNK], candidates, start)
        for index, step in enumerate(steps, start):
            arriving = total[:, None] + step
            back[index] = arriving.argmin(0)
            total = arriving[back[index], np.arange(count)] + cost[index]
    path = np.zeros(frames, np.intp)
    path[-1] = int(total.argmin())
    for index in range(frames - 1, 0, -1):
        path[index - 1] = back[index, path[index]]
    return path


def _step_costs(states: NDArray[np.float32], candidates: Candidates, start: int) -> NDArray[np.float32]:
    """Return the costs (N,S,S) of going from each state of a frame to each of the next, for N+1 frames of states."""
    span = slice(start - 1, start - 1 + len(states))
    size = candidates.size[span]
    seconds = np.diff(candidates.times[span])
    step = np.linalg.norm(states[:-1, :, None] - states[1:, None], axis=-1)
    step = step / ((size[:-1] + size[1:]) / 2)[:, None, None, None]
    # A longer pause lets a joint move further before that speaks against the step.
    slack = np.sqrt(USUAL_STEP / np.maximum(seconds, USUAL_STEP))[:, None, None]
    return STEP_COST * slack * np.minimum(step, STEP_LIMIT).mean(-1)


def _mean_of_agreeing(
    candidates: Candidates, points: NDArray[np.float32], confidence: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the confidence-weighted mean of the readings near the chosen points, and their mean confidence."""
    limit = AGREE * candidates.size[:, None]
    total, weight = np.zeros_like(points), np.zeros_like(confidence)
    squares = np.zeros_like(confidence)
    for index in range(candidates.points.shape[1]):
        reading, sure = candidates.points[:, index], candidates.confidence[:, index]
        other, other_sure = reading[:, MIRROR], sure[:, MIRROR]
        straight = _mean_distance(reading, points) <= _mean_distance(other, points)
        reading = np.where(straight[:, None, None], reading, other)
        sure = np.where(straight[:, None], sure, other_sure)
        near = np.linalg.norm(reading - points, axis=-1) <= limit
        part = np.where(near, np.maximum(sure, 1e-3), 0.0)
        total += reading * part[..., None]
        weight += part
        squares += part * sure
    known = weight > 0
    safe = np.where(known, weight, 1.0)
    mean = np.where(known[..., None], total / safe[..., None], points)
    return mean.astype(np.float32), np.where(known, squares / safe, confidence).astype(np.float32)


def _mean_distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.linalg.norm(a - b, axis=-1).mean(-1)
