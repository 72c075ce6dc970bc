"""Started by Blender (``blender --python play.py -- STORY FOLDER LIMIT [WORD ...]``): plays one story of this folder.

A story is a module stories/STORY.py with a function ``story(desk, *words)``.
"""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

name, folder, limit, *words = sys.argv[sys.argv.index("--") + 1 :]
desk = importlib.import_module("window.desk")
story = importlib.import_module(f"window.stories.{name}").story
desk.play(lambda desk: story(desk, *words), Path(folder), float(limit))
