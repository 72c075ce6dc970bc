"""The errors that Posewright shows to people.

Every message is one or two plain sentences: what is wrong, and what to do about it.
"""


class PosewrightError(Exception):
    """The work cannot be done; ``str(error)`` is the sentence shown to the user (exit code 1)."""


class UsageError(PosewrightError):
    """The request itself makes no sense, such as an unknown option value (exit code 2)."""


class Cancelled(PosewrightError):  # noqa: N818 - the name says what happened
    """The user stopped the work; nothing half-written is left behind."""

    def __init__(self, message: str = "Cancelled; nothing was written.") -> None:
        super().__init__(message)
