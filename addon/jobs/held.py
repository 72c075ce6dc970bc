"""Whether somebody holds the scene: in the middle of a grab, for example, nothing must change under the hand."""

from bpy.types import Operator, Window


def is_held(window: Window) -> bool:
    """Return whether one of Blender's own operators waits for the user's next move in a window.

    Those of add-ons are not counted: one that shows pressed keys, for example, runs as long as Blender does.
    """
    return any(type(operator) is Operator for operator in window.modal_operators)  # add-ons have classes of their own
