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


def packed(take: Take, name: str, content: str) -> Text:
    """Return a text that holds the whole take; one that holds the same ``content`` is used again.

    ``content`` tells takes apart, as ``applied.take_id`` does; contacts, keypoints and the motion before the filter are
    looked at here.
    """
    others = (take.contacts, take.keypoints, take.joints_fitted)
    content = f"{content} {zlib.crc32(b''.join(b'' if array is None else array.tobytes() for array in others))}"
    for text in bpy.data.texts:
        if text.get(_CONTENT) == content and text.library is None:
            return text
    with tempfile.TemporaryDirectory(prefix="posewright-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "take.npz"
        take.save(path)
        encoded = base64.encodebytes(path.read_bytes()).decode("ascii")
    text = bpy.data.texts.new(f".{name} take")
    text.from_string(encoded)
    text.use_fake_user = False  # it goes with the last that needs it
    text[_CONTENT] = content
    return text


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
