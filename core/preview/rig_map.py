"""A picture of a rig at rest with the parts of its body in colours: from the front, from the side, and as a list."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .part_colours import Colour, part_colour
from .picture import Image

Array = NDArray[np.float64]

SIZE: Final = (1800, 1000)  # pixels
FINE: Final = 2  # drawn so much larger, then made smaller: smooth edges
FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
PAPER: Final[Colour] = (247, 248, 250)
INK: Final[Colour] = (38, 44, 54)
FAINT: Final[Colour] = (140, 148, 160)
RED: Final[Colour] = (214, 40, 57)
GREY_SKIN: Final[Colour] = (206, 210, 216)
DOUBTFUL: Final = 0.5
FAIRLY_SURE: Final = 0.75

FRONT: Final = (230, 70, 800, 900)  # left, top, width, height
SIDE: Final = (1190, 70, 320, 900)
LIST_LEFT: Final = 1535

SMALL: Final = ("thumb", "index", "middle", "ring", "pinky", "twist")


@dataclass
class RigDrawing:
    """A rig at rest in the world (metres, Z up): its bones and the skin that they move."""

    bones: tuple[str, ...]
    heads: Array  # (B,3)
    tails: Array  # (B,3)
    points: Array  # (V,3)
    triangles: NDArray[np.int64]  # (T,3)
    owners: NDArray[np.int64]  # (V,) the bone that moves a point most, or -1
    forward: Array  # (3,) level

    @classmethod
    def load(cls, path: Path) -> "RigDrawing":
        """Read what the map job left."""
        with np.load(path) as data:
            arrays = {name: data[name] for name in data.files}
        return cls(bones=tuple(str(bone) for bone in arrays.pop("bones")), **arrays)


def draw_rig_map(
    drawing: RigDrawing,
    parts: dict[str, list[str]],
    confidence: dict[str, float],
    missing: list[str],
    title: str,
    source: str,
) -> Image:
    """Return the picture (RGB) of a map: part -> bones, part -> 0..1, and the parts that the rig lacks."""
    page = np.full((SIZE[1] * FINE, SIZE[0] * FINE, 3), PAPER, np.uint8)
    index = {bone: i for i, bone in enumerate(drawing.bones)}
    rows = {part: [index[bone] for bone in bones if bone in index] for part, bones in parts.items()}
    left = np.cross([0.0, 0.0, 1.0], drawing.forward)
    views = (_View(drawing, rows, left, FRONT), _View(drawing, rows, drawing.forward, SIDE))
    for view in views:
        view.scale = min(view.scale, views[0].scale)
        _draw_skin(page, drawing, rows, view)
        _draw_bones(page, drawing, rows, confidence, view)
    _draw_labels(page, drawing, rows, confidence, views[0])
    _text(page, title, (30, 36), 0.75, INK, thick=2)
    _text(page, f"mapped by {source}", (30, 60), 0.5, FAINT)
    _text(page, "front", (FRONT[0] + FRONT[2] // 2, 985), 0.5, FAINT, align=0.5)
    _text(page, "from its right", (SIDE[0] + SIDE[2] // 2, 985), 0.5, FAINT, align=0.5)
    _draw_list(page, rows, confidence, missing)
    return np.asarray(cv2.resize(page, SIZE, interpolation=cv2.INTER_AREA), np.uint8)


class _View:
    """An orthographic look at the rig: from the front, or from its right."""

    def __init__(
        self,
        drawing: RigDrawing,
        rows: dict[str, list[int]],
        right: Array,
        box: tuple[int, int, int, int],
    ) -> None:
        mapped = sorted({b for bones in rows.values() for b in bones})
        own = drawing.points[np.isin(drawing.owners, mapped)]  # without swords, robot arms and capes
        body = np.concatenate([drawing.heads[mapped], drawing.tails[mapped] if not len(own) else own])
        self.box = box
        self.right = right
        self.toward = np.cross(right, [0.0, 0.0, 1.0])  # to the viewer
        across, up = body @ right, body[:, 2]
        self.centre = ((across.max() + across.min()) / 2, (up.max() + up.min()) / 2)
        self.middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
        wide, high = max(float(np.ptp(across)), 1e-6), max(float(np.ptp(up)), 1e-6)
        self.scale = min(box[2] / wide, box[3] / high)

    def place(self, points: Array) -> Array:
        """Return where points (N,3) are on the page, in its pixels (N,2)."""
        x = self.middle[0] + self.scale * (points @ self.right - self.centre[0])
        y = self.middle[1] - self.scale * (points[..., 2] - self.centre[1])
        return np.stack([x, y], -1)

    def shows(self, place: Array) -> bool:
        """Return whether a place of the page is in the view's part of it."""
        left, top, width, height = self.box
        return bool(left <= place[0] <= left + width and top <= place[1] <= top + height)


def _draw_skin(page: Image, drawing: RigDrawing, rows: dict[str, list[int]], view: _View) -> None:
    """Draw the skin, shaded by its slope to the viewer and tinted by the part that moves it; far triangles first."""
    if not len(drawing.triangles):
        return
    corners = drawing.points[drawing.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.maximum(np.linalg.norm(normal, axis=-1), 1e-12)
    facing = np.abs(normal @ view.toward) / length
    light = 0.72 + 0.28 * facing
    tints = np.tile(np.array(GREY_SKIN, float), (len(drawing.bones) + 1, 1))
    for part, bones in rows.items():
        for b in bones:
            tints[b] = 0.62 * np.array(GREY_SKIN) + 0.38 * np.array(part_colour(part))
    owner = drawing.owners[drawing.triangles[:, 0]]
    colours = np.clip(tints[owner] * light[:, None] * 1.06, 0, 255)
    outside = page.copy()
    places = np.round(view.place(corners.reshape(-1, 3)).reshape(-1, 3, 2) * FINE).astype(np.int32)
    for t in np.argsort(corners.mean(axis=1) @ view.toward):
        cv2.fillConvexPoly(page, places[t], colours[t].tolist())
    left, top, width, height = (FINE * edge for edge in view.box)
    inside = np.s_[top : top + height, left : left + width]
    outside[inside] = page[inside]
    page[:] = outside


def _draw_bones(
    page: Image, drawing: RigDrawing, rows: dict[str, list[int]], confidence: dict[str, float], view: _View
) -> None:
    mapped = {b for bones in rows.values() for b in bones}
    heads, tails = view.place(drawing.heads), view.place(drawing.tails)
    for b in range(len(drawing.bones)):
        if b not in mapped and view.shows(heads[b]) and view.shows(tails[b]):
            cv2.line(page, _at(heads[b]), _at(tails[b]), FAINT, FINE, cv2.LINE_AA)
    depth = drawing.heads @ view.toward
    order = sorted(((part, b) for part, bones in rows.items() for b in bones), key=lambda entry: depth[entry[1]])
    ends = _ends(drawing, rows)
    for part, b in order:
        small = part.split("_")[-1] in SMALL
        colour = part_colour(part)
        end = view.place(ends[b][None])[0]
        value = confidence.get(part, 1.0)
        if value < DOUBTFUL:
            _bone(page, heads[b], end, 10.0, RED)
        _bone(page, heads[b], end, 3.0 if small else 6.5, colour, dashed=value < FAIRLY_SURE)


def _ends(drawing: RigDrawing, rows: dict[str, list[int]]) -> dict[int, Array]:
    """Return where to draw the ends of mapped bones: at the next bone of the limb rather than at a tail that lies."""
    order = (
        ("clavicle", "upper_arm", "forearm", "hand"),
        ("thigh", "shin", "foot", "toe"),
    )
    chains = [
        [b for part in limb for b in rows.get(f"{side}_{part}", ())] for side in ("left", "right") for limb in order
    ]
    chains.append([b for part in ("hips", "spine", "neck", "head") for b in rows.get(part, ())])
    chains += [bones for part, bones in rows.items() if part.split("_")[-1] in SMALL[:5]]
    ends = {b: drawing.tails[b] for bones in rows.values() for b in bones}
    for chain in chains:
        for b, after in pairwise(chain):
            ends[b] = drawing.heads[after]
    return ends


def _bone(page: Image, head: Array, tail: Array, width: float, colour: Colour, *, dashed: bool = False) -> None:
    """Draw a bone as a slim drop from its joint to its end, with a white rim; dashed where it is not sure."""
    along = tail - head
    length = float(np.linalg.norm(along))
    if length < 1e-6:
        cv2.circle(page, _at(head), round(width * FINE), colour, -1, cv2.LINE_AA)
        return
    across = np.array([-along[1], along[0]]) / length * min(width, 0.35 * length)
    waist = head + 0.18 * along
    shape = np.array([_at(p) for p in (head, waist + across, tail, waist - across)], np.int32)
    cv2.polylines(page, [shape], True, (255, 255, 255), 3 * FINE, cv2.LINE_AA)
    if dashed:
        for k in range(0, 10, 2):
            cv2.line(page, _at(head + k / 9 * along), _at(head + (k + 1) / 9 * along), colour, 3 * FINE, cv2.LINE_AA)
        cv2.polylines(page, [shape], True, colour, FINE, cv2.LINE_AA)
    else:
        cv2.fillPoly(page, [shape], colour, cv2.LINE_AA)
    cv2.circle(page, _at(head), round(0.55 * width * FINE), (255, 255, 255), -1, cv2.LINE_AA)
    cv2.circle(page, _at(head), round(0.55 * width * FINE), colour, FINE, cv2.LINE_AA)


def _draw_labels(
    page: Image, drawing: RigDrawing, rows: dict[str, list[int]], confidence: dict[str, float], view: _View
) -> None:
    """Write the parts beside the front view, each on its side, with a thin line to its bone."""
    ends = _ends(drawing, rows)
    columns: dict[int, list[tuple[float, float, str]]] = {-1: [], 1: []}
    for part, bones in rows.items():
        if not bones or part.split("_")[-1] in SMALL:
            continue
        x, y = view.place(((drawing.heads[bones[0]] + ends[bones[0]]) / 2)[None])[0]
        column = -1 if part.startswith("right") or part in ("hips", "neck") else 1
        columns[column].append((float(y), float(x), part))
    for column, entries in columns.items():
        entries.sort(key=lambda entry: (round(entry[0] / 40), round(-column * entry[1] / 30), entry[0]))
        heights = _spread([y for y, _, _ in entries], 30.0, 90.0, 955.0)
        edge = FRONT[0] - 16 if column < 0 else FRONT[0] + FRONT[2] + 16
        for (y, x, part), height in zip(entries, heights, strict=True):
            colour = RED if confidence.get(part, 1.0) < DOUBTFUL else part_colour(part)
            start = np.array([edge, height - 5.0])
            bend = np.array([edge - column * 26.0, height - 5.0])
            cv2.polylines(
                page, [np.array([_at(start), _at(bend), _at(np.array([x, y]))])], False, colour, FINE, cv2.LINE_AA
            )
            cv2.circle(page, _at(np.array([x, y])), 3 * FINE, colour, -1, cv2.LINE_AA)
            words = part.replace("_", " ")
            _text(page, words, (edge + column * 6, round(height)), 0.52, colour, align=float(column < 0), thick=1)


def _spread(wanted: list[float], gap: float, top: float, bottom: float) -> list[float]:
    """Return heights as near to the wanted ones (sorted) as a gap between neighbours and the page allow."""
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, placed[-1] + gap if placed else top))
    overflow = bottom
    for i in range(len(placed) - 1, -1, -1):
        placed[i] = min(placed[i], overflow)
        overflow = placed[i] - gap
    return placed


def _draw_list(page: Image, rows: dict[str, list[int]], confidence: dict[str, float], missing: list[str]) -> None:
    """Write how sure each part is as bars, then fingers and twist bones in a line each, then what is missing."""
    body = [part for part in rows if part.split("_")[-1] not in SMALL]
    _text(page, "how sure", (LIST_LEFT, 90), 0.5, FAINT)
    y = 116
    for part in body:
        value = confidence.get(part, 0.0)
        colour = RED if value < DOUBTFUL else part_colour(part)
        _text(page, part.replace("_", " "), (LIST_LEFT, y), 0.44, INK)
        _box(page, (LIST_LEFT + 150, y - 9), (100, 9), (226, 229, 234))
        _box(page, (LIST_LEFT + 150, y - 9), (round(100 * value), 9), colour)
        y += 26
    extra = [part for part in rows if part not in body]
    for word, kinds in (("fingers", SMALL[:5]), ("twist bones", SMALL[5:])):
        count = sum(len(rows[part]) for part in extra if part.split("_")[-1] in kinds)
        _text(
            page,
            f"{word}: {count or 'none'}" + (" bones" if count and word == "fingers" else ""),
            (LIST_LEFT, y + 8),
            0.44,
            FAINT,
        )
        y += 24
    if missing:
        _text(page, "not found", (LIST_LEFT, y + 22), 0.5, RED)
        for part in missing:
            y += 24
            _text(page, part.replace("_", " "), (LIST_LEFT, y + 22), 0.44, INK)


def _box(page: Image, at: tuple[int, int], size: tuple[int, int], colour: Colour) -> None:
    end = ((at[0] + size[0]) * FINE, (at[1] + size[1]) * FINE)
    cv2.rectangle(page, (at[0] * FINE, at[1] * FINE), end, colour, -1)


def _at(point: Array) -> tuple[int, int]:
    return round(float(point[0]) * FINE), round(float(point[1]) * FINE)


def _text(
    page: Image,
    words: str,
    at: tuple[int, int],
    size: float,
    colour: Colour,
    *,
    align: float = 0.0,
    thick: int = 1,
) -> None:
    words = words.encode("ascii", "replace").decode()  # OpenCV's letters
    (width, _), _ = cv2.getTextSize(words, FONT, size * FINE, thick * FINE)
    place = (round(at[0] * FINE - align * width), at[1] * FINE)
    cv2.putText(page, words, place, FONT, size * FINE, colour, thick * FINE, cv2.LINE_AA)
