"""Scenes that our data is kept in."""

from bpy.types import Scene

from ..errors import PosewrightError


def require_own(scene: Scene) -> None:
    """Raise PosewrightError for a scene that is linked from another file: what is put into it would not be saved."""
    if linked := linked_words(scene):
        raise PosewrightError(linked)


def linked_words(scene: Scene) -> str:
    """Return why nothing can be kept in a scene that is linked, and what to do; "" for one of this file."""
    if scene.library is None:
        return ""
    return (
        f"The scene {scene.name} is linked from {scene.library.name}, and what happens in it is not saved: open that "
        "file, or append the scene."
    )
