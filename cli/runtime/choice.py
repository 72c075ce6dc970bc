"""Which Python does the heavy work: the one that is named, the private one, or what an offline zip brings."""

import os
from pathlib import Path

from ...errors import PosewrightError
from ...progress import Progress
from . import bundle
from .folder import RuntimeFolder, default_root

VARIABLE = "POSEWRIGHT_PYTHON"


class Runtime:
    """The Python that does the heavy work; the add-on puts the user's choice here."""

    chosen: str = ""  # a Python program or the folder of an environment; "" when nothing was chosen
    root: Path | None = None  # of the private environment (see ``folder``); None for the usual place

    @classmethod
    def named(cls) -> str:
        """Return the Python that the variable POSEWRIGHT_PYTHON or else the user names, "" when neither does."""
        return os.environ.get(VARIABLE, "") or cls.chosen

    @classmethod
    def folder(cls) -> RuntimeFolder:
        """Return the folder of the private environment."""
        return RuntimeFolder(cls.root or default_root())

    @classmethod
    def must_unpack(cls) -> bool:
        """Whether an offline zip brought the libraries and they were not unpacked yet; ``prepare`` does it."""
        return not cls.named() and bundle.find() is not None and not cls.folder().condition().ready

    @classmethod
    def python(cls) -> Path:
        """Return the Python to start workers with: POSEWRIGHT_PYTHON, else the user's choice, else the private one.

        Raises PosewrightError with a sentence that says what to do when there is none.
        """
        if named := cls.named():
            return python_in(Path(named).expanduser())
        condition = cls.folder().condition()
        if condition.ready:
            return cls.folder().python()
        raise PosewrightError(
            f"{condition.sentence} In Blender: Preferences > Add-ons > Posewright > Set Up; in a terminal: posewright "
            f"setup. Or name a Python with PyTorch there or in the variable {VARIABLE}."
        )

    @classmethod
    def prepare(cls, progress: Progress) -> Path:
        """Return the Python to start workers with, after unpacking what an offline zip brought, once."""
        if cls.must_unpack():
            from .setup import Request, set_up

            set_up(Request(cls.folder().root), progress, lambda text: None)
        return cls.python()


def python_in(path: Path) -> Path:
    """Return the Python program that a path means: the program itself, or the one of an environment's folder."""
    if path.is_file():
        return path.absolute()  # not resolved: the link in an environment is what makes it that environment
    for name in ("bin/python", "Scripts/python.exe", "python.exe", "bin/python3"):
        if (path / name).is_file():
            return (path / name).absolute()
    raise PosewrightError(f"There is no Python in {path}; choose the python program or the folder of its environment.")
