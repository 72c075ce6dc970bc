"""The lens by a clip's metadata: boxes are written into a real video and read back; damaged files tell nothing."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from posewright.core.camera.focal import DEFAULT_FOCAL, Focal, choose_focal, focal_of_lens
from posewright.core.camera.metadata import Lens, read_items, read_lens
from posewright.core.footage import open_footage
from posewright.core.settings import TrackSettings
from posewright.errors import UsageError

APPLE = "com.apple.quicktime."
FOCAL_KEY = f"{APPLE}camera.focal_length.35mm_equivalent"


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def item(number: int, kind: int, raw: bytes) -> bytes:
    return box(struct.pack(">I", number), box(b"data", struct.pack(">II", kind, 0), raw))


def meta(values: dict[str, tuple[int, bytes]], iso: bool = False) -> bytes:
    """Return a box of metadata items, as QuickTime writes it or with ISO's version and flags."""
    handler = box(b"hdlr", bytes(8), b"mdta", bytes(13))
    keys = box(b"keys", struct.pack(">II", 0, len(values)), *(box(b"mdta", key.encode()) for key in values))
    entries = [item(number, kind, raw) for number, (kind, raw) in enumerate(values.values(), 1)]
    return box(b"meta", b"\0\0\0\0" if iso else b"", handler, keys, box(b"ilst", *entries))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A real video whose index lies at its end, as cameras write it."""
    path = tmp_path_factory.mktemp("footage") / "plain.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 20.0, (320, 180))  # pyright: ignore
    for index in range(10):
        writer.write(np.full((180, 320, 3), 20 * index, np.uint8))
    writer.release()
    return path.read_bytes()


def with_boxes(video: bytes, *added: bytes, in_track: bool = False) -> bytes:
    """Return the video with boxes at the end of its index, or of its first track."""
    place = video.index(b"moov") - 4
    (length,) = struct.unpack(">I", video[place : place + 4])
    assert place + length == len(video)
    extra = b"".join(added)
    data = bytearray(video)
    struct.pack_into(">I", data, place, length + len(extra))
    end = len(video)
    if in_track:
        track = video.index(b"trak", place) - 4
        (size,) = struct.unpack(">I", video[track : track + 4])
        struct.pack_into(">I", data, track, size + len(extra))
        end = track + size
    return bytes(data[:end] + extra + data[end:])


@pytest.mark.parametrize("in_track", [False, True])
@pytest.mark.parametrize("iso", [False, True])
@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (21, struct.pack(">i", 26)),
        (1, b"26.00mm"),
        (1, b"26"),
        (23, struct.pack(">f", 26)),
        (24, struct.pack(">d", 26)),
    ],
)
def test_stated_focal_length(tmp_path: Path, plain: bytes, kind: int, raw: bytes, iso: bool, in_track: bool) -> None:
    clip = tmp_path / "phone.mov"
    values = {f"{APPLE}make": (1, b"Apple"), FOCAL_KEY: (kind, raw), f"{APPLE}software": (1, "ü".encode())}
    clip.write_bytes(with_boxes(plain, meta(values, iso), in_track=in_track))
    assert open_footage(clip).width == 320, "the file is still a video"
    assert read_lens(clip) == Lens(26.0, True)
    assert read_items(clip)[f"{APPLE}make"] == "Apple"


@pytest.mark.parametrize(
    ("name", "focal"),
    [
        ("Phone back camera 26mm f/1.6", 26.0),
        ("iPhone 15 Pro back triple camera 6.765mm f/1.78", None),
        ("FE 24-70mm F2.8 GM", None),
        ("24mm or 48mm", None),
        ("4mm", None),
    ],
)
def test_names_of_lenses(tmp_path: Path, plain: bytes, name: str, focal: float | None) -> None:
    (tmp_path / "a.mp4").write_bytes(with_boxes(plain, meta({f"{APPLE}camera.lens_model": (1, name.encode())})))
    assert read_lens(tmp_path / "a.mp4") == (None if focal is None else Lens(focal, False))


def test_user_data_are_read(tmp_path: Path, plain: bytes) -> None:
    text = b"Pixel 9"
    entry = box(b"\xa9mod", struct.pack(">HH", len(text), 0), text)
    (tmp_path / "a.mp4").write_bytes(with_boxes(plain, box(b"udta", entry, bytes(4))))
    assert read_items(tmp_path / "a.mp4")["mod"] == "Pixel 9"
    assert read_lens(tmp_path / "a.mp4") is None


@pytest.mark.parametrize("value", [0, 3, 5000])
def test_impossible_focal_lengths_are_ignored(tmp_path: Path, plain: bytes, value: int) -> None:
    (tmp_path / "a.mp4").write_bytes(with_boxes(plain, meta({FOCAL_KEY: (21, struct.pack(">i", value))})))
    assert read_lens(tmp_path / "a.mp4") is None


def test_damaged_files_tell_nothing(tmp_path: Path, plain: bytes) -> None:
    """Bytes of the index are changed one by one: never an exception, never a made-up lens."""
    good = with_boxes(plain, meta({FOCAL_KEY: (21, struct.pack(">i", 26))}))
    place = tmp_path / "a.mp4"
    begin = good.index(b"moov") - 4
    for position in range(begin, len(good)):
        data = bytearray(good)
        data[position] ^= 0xFF
        place.write_bytes(data)
        found = read_lens(place)
        assert found is None or found.stated
    for length in range(0, len(good), 97):
        place.write_bytes(good[:length])
        assert read_lens(place) is None
    place.write_text("no video")
    assert read_lens(place) is None
    assert read_lens(tmp_path / "missing.mp4") is None


def test_pictures_are_never_read(tmp_path: Path, plain: bytes) -> None:
    """What looks like metadata inside the pictures' data is not."""
    fake = meta({FOCAL_KEY: (21, struct.pack(">i", 26))})
    place = plain.index(b"moov") - 4
    (tmp_path / "a.mp4").write_bytes(plain[:place] + box(b"mdat", box(b"moov", fake)) + plain[place:])
    assert read_lens(tmp_path / "a.mp4") is None


def test_focal_length_in_pixels() -> None:
    """A 26 mm lens sees 4:3 pictures of 3024 x 4032 with 3029 pixels; video is enlarged by 4 %, held up or sideways."""
    photo = 26.0 * np.hypot(3024, 4032) / 43.27
    for size in ((4032, 3024), (3024, 4032), (4032, 2268), (2268, 4032)):
        focal = focal_of_lens(Lens(26.0, True), size)
        assert focal.px == pytest.approx(1.04 * photo, rel=1e-3)
        assert focal.sigma == pytest.approx(0.08)
    assert focal_of_lens(Lens(26.0, True), (3024, 3024)).px == pytest.approx(1.04 * photo, rel=1e-3)


def test_what_is_given_wins_over_metadata(tmp_path: Path, plain: bytes) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(with_boxes(plain, meta({FOCAL_KEY: (21, struct.pack(">i", 26))})))
    size = (320, 180)
    assert choose_focal(TrackSettings(focal_px=300.0), size, clip) == Focal(300.0, "--focal-px", 0.0)
    assert choose_focal(TrackSettings(fov=90.0), size, clip).px == pytest.approx(160.0)
    assert choose_focal(TrackSettings(), size, clip).source == "metadata"
    usual = choose_focal(TrackSettings(), size)
    assert (usual.px, usual.source) == (pytest.approx(DEFAULT_FOCAL * 320), "default")
    with pytest.raises(UsageError, match="field of view"):
        choose_focal(TrackSettings(fov=200.0), size)


def test_estimates_are_weighed_by_their_certainty() -> None:
    default = Focal(900.0, "default", 0.2)
    surer = default.refined(1000.0, 0.05, "background")
    assert surer.source == "background"
    assert surer.px == pytest.approx(993.8, abs=0.5)
    assert surer.sigma < 0.05
    assert default.refined(1000.0, 0.5, "background").source == "default"
