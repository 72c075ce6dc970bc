"""Takes inside a .blend: as texts, hidden in lists, that go along with the file and are undone with it."""

import base64
import tempfile
import zlib
from pathlib import Path

import bpy
from bpy.types import Text

from ...core.take import Take
from ...errors import PosewrightError

_CONTENT = "posewright_content"  # custom property of the text: what is in it


def packed(take: Take, name: str, content: str, written: str | None = None) -> Text:
    """Return a text that holds the whole take; one that holds the same ``content`` is used again.

    ``content`` tells takes apart, as ``applied.take_id`` does; contacts, keypoints and the motion before the filter are
    looked at here. ``written`` is what ``as_text`` gave for the take, where that was done before.
    """
    text = find_packed(take, content)
    if text is None:
        text = bpy.data.texts.new(f".{name} take")
        text.from_string(written or as_text(take))
        text.use_fake_user = False  # it goes with the last that needs it
        text[_CONTENT] = _whole(take, content)
    return text


def find_packed(take: Take, content: str) -> Text | None:
    """Return the text of the file that holds a take, or None."""
    whole = _whole(take, content)
    return next((text for text in bpy.data.texts if text.get(_CONTENT) == whole and text.library is None), None)


def as_text(take: Take) -> str:
    """Return the whole take in letters; it takes a tenth of a second for a minute of motion."""
    with tempfile.TemporaryDirectory(prefix="posewright-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "take.npz"
        take.save(path)
        return base64.encodebytes(path.read_bytes()).decode("ascii")


def unpacked(text: Text) -> Take:
    """Return the take that a text holds; PosewrightError when somebody changed it."""
    with tempfile.TemporaryDirectory(prefix="posewright-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "take.npz"
        try:
            path.write_bytes(base64.b64decode(text.as_string()))
            return Take.load(path)
        except (ValueError, PosewrightError) as error:
            raise PosewrightError(
                f"The take in the text {text.name} is damaged; import or capture it again."
            ) from error


def _whole(take: Take, content: str) -> str:
    others = (take.contacts, take.keypoints, take.joints_fitted)
    return f"{content} {zlib.crc32(b''.join(b'' if array is None else array.tobytes() for array in others))}"
