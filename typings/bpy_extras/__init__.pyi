# Blender's modules have no types of their own; everything of them is Any here.
from typing import Any

def __getattr__(name: str) -> Any: ...
