"""The key figures of a take in plain words, and where it came from."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .moments import Event
from .motion import PARTS, Motion
from .plots import hardly_shows
from .sight import SEEN

CALM: Final = 6.0
"""Mean jitter in millimetres at 30 frames a second below which a motion looks calm."""

SLOWEST: Final = 15.0
"""Frames a second below which jitter cannot be told from motion. Much of it may be fast motion, so it is never odd."""

FOCAL_SOURCES: Final = {
    "default": "not known: a usual lens is assumed",
    "metadata": "as the file says",
    "background": "found from how the background turns",
    "solved camera": "as solved",
}
KINDS: Final = {"static": "standing still", "pan": "turning on the spot", "solved": "moving as solved in Blender"}
"""The words of ``provenance["camera"]`` as people say them."""

WELL_SEEN: Final = 0.9
STEADY_BONES: Final = 0.005


@dataclass(frozen=True)
class Fact:
    """A figure, what it is, and what it means."""

    name: str
    value: str
    words: str
    state: str = ""  # "good" or "odd", where that can be told


def key_facts(motion: Motion, events: list[Event]) -> list[Fact]:
    """Return the figures that say at a glance what a take is worth; what cannot be told is left out."""
    facts = [_length(motion), _way(motion), _height(motion), _seen(motion), _jitter(motion), _slide(motion)]
    facts += [_bones(motion), _moments(events)]
    return [fact for fact in facts if fact is not None]


def _length(motion: Motion) -> Fact:
    seconds = motion.frames / motion.fps
    return Fact("length", f"{seconds:.1f} s", f"{motion.frames} frames, {motion.fps:g} a second")


def _way(motion: Motion) -> Fact | None:
    path = motion.root[np.isfinite(motion.root).all(-1), :2]
    if not len(path):
        return None
    way = float(np.linalg.norm(np.diff(path, axis=0), axis=-1).sum())
    apart = float(np.linalg.norm(path[-1] - path[0]))
    return Fact("way of the pelvis", f"{way:.1f} m", f"{apart:.1f} m from start to end")


def _height(motion: Motion) -> Fact | None:
    if motion.height is None:
        return None
    settings = motion.take.recorded("settings", dict)
    words = "sum of the bones"
    if settings:
        given = settings.get("height")
        words += f"; {given:.2f} m was given" if given else "; not given"
    return Fact("height of the person", f"{motion.height:.2f} m", words)


def _seen(motion: Motion) -> Fact | None:
    parts = [seen for part in PARTS if (seen := motion.confidence(part)) is not None]
    if not parts:
        return None
    share = float((np.stack(parts) >= SEEN).mean())
    return Fact("seen", f"{100 * share:.0f} %", "of the body, over all frames", _state(share >= WELL_SEEN))


def _jitter(motion: Motion) -> Fact | None:
    after, before = motion.jitter(), motion.jitter(raw=True)
    if after is None or not np.isfinite(after).any():
        return None
    value = float(np.nanmean(after))
    words = "mean change of velocity a frame"
    if before is not None:
        words += f"; {np.nanmean(before):.1f} as it was lifted"
    is_calm = value * (motion.fps / 30.0) ** 2 < CALM and motion.fps >= SLOWEST
    return Fact("jitter", f"{value:.1f} mm", words, "good" if is_calm else "")


def _slide(motion: Motion) -> Fact | None:
    if motion.slide is None:
        return None
    good = hardly_shows(motion)
    words = f"a frame while they stand; under {good:.0f} it hardly shows"
    return Fact("feet slide", f"{motion.slide:.1f} mm", words, _state(motion.slide < good))


def _bones(motion: Motion) -> Fact | None:
    spreads = [bone.spread for bone in motion.bones]
    if not spreads:
        return None
    worst = max(spreads)
    return Fact("bones change by", f"{100 * worst:.1f} %", "the worst bone's deviation", _state(worst < STEADY_BONES))


def _moments(events: list[Event]) -> Fact:
    count = sum(event.is_warning for event in events)
    return Fact("moments to look at", str(count), "listed below" if count else "nothing stands out", _state(count == 0))


def _state(is_good: bool) -> str:
    return "good" if is_good else "odd"


def origins(motion: Motion) -> list[tuple[str, str]]:
    """Return where the take came from, as names and words: clip, camera, settings, weights and their terms."""
    take, provenance = motion.take, motion.take.provenance
    rows: list[tuple[str, str]] = []
    source = take.recorded("source", dict)
    used = [weights for weights in take.recorded("weights", list) if isinstance(weights, dict)]
    if source.get("name"):
        rows.append(("from", str(source["name"])))
    if camera := _camera(motion):
        rows.append(("camera", camera))
    if settings := _settings(take.recorded("settings", dict)):
        rows.append(("settings", settings))
    for weights in used:
        words = f"{weights.get('name', '?')}, {weights.get('licence', 'licence not known')}. {weights.get('terms', '')}"
        rows.append((str(weights.get("used_for", "weights")), words.strip()))
    thanks = {str(w["acknowledgement"]) for w in used if w.get("acknowledgement")}
    rows += [("thanks", words) for words in sorted(thanks)]
    if provenance.get("version"):
        rows.append(("made with", f"{provenance.get('program', 'posewright')} {provenance['version']}"))
    if not rows:
        rows.append(("from", f"not known: the take holds no record of it ({len(take.joint_names)} joints)"))
    return rows


def _camera(motion: Motion) -> str:
    """Return the camera in words, empty when the take does not tell."""
    take = motion.take
    if take.image_size is None or take.focal_px is None:
        return ""
    width, height = take.image_size
    view = 2.0 * np.degrees(np.arctan(width / (2.0 * take.focal_px)))
    words = f"{width} x {height} pixels, focal length {take.focal_px:.0f} pixels ({view:.0f} degrees wide)"
    facts = take.recorded("camera", dict)
    if facts.get("focal_source"):
        words += f", {FOCAL_SOURCES.get(facts['focal_source'], 'as given')}"
    if facts.get("kind"):
        words += f", {KINDS.get(facts['kind'], facts['kind'])}"
    if take.world_from_camera is not None:
        words += f", {float(take.world_from_camera[2, 3]):.1f} m over the floor"
    return words


def _settings(settings: dict[str, Any]) -> str:
    """Return the choices that shape the motion, in words."""
    words = []
    if "quality" in settings:
        words.append(f"quality {settings['quality']}")
    if "smooth" in settings:
        words.append(f"smoothing {settings['smooth']:g} ({settings.get('filter', 'gaussian')})")
    if settings.get("height"):
        words.append(f"height {settings['height']:g} m")
    return ", ".join(words)
