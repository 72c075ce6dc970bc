"""The architecture: imports point one way, and what runs inside Blender needs numpy only."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LAYERS = ("weights", "core", "rigging", "cli", "addon")  # a package may import itself and those before it
LEAVES = ("errors", "progress")
HEAVY = ("torch", "scipy", "cv2", "safetensors")
MODULES = sorted(path for layer in LAYERS for path in (CHECKOUT / layer).rglob("*.py"))

# The modules that Blender's Python imports, and that must therefore load with numpy alone.
INSIDE_BLENDER = (
    *("addon", "rigging", "cli", "core/__init__", "core/take", "core/bvh", "core/settings", "core/skeleton"),
    *("core/report", "core/spans", "core/ticks", "core/vectors", "core/values", "core/outputs", "core/camera/solved"),
    *("core/edits", "core/relift", "core/world/cholesky", "core/world/filters", "core/world/smoothing"),
)


def relative_name(path: Path) -> str:
    return path.relative_to(CHECKOUT).with_suffix("").as_posix()


def imports_of(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of every import; relative ones start with '.' and count from the root."""
    package = list(path.relative_to(CHECKOUT).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            if node.module:
                yield node.lineno, "." + ".".join([*base, node.module])
            else:
                for alias in node.names:
                    yield node.lineno, "." + ".".join([*base, alias.name])


def top_level(tree: ast.Module) -> ast.Module:
    """Return the module without the bodies of its functions: what runs when it is imported."""

    class Strip(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
            return None

    return Strip().visit(tree)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


@pytest.mark.parametrize("path", MODULES, ids=relative_name)
def test_imports_point_one_way(path: Path) -> None:
    layer = path.relative_to(CHECKOUT).parts[0]
    allowed = {*LAYERS[: LAYERS.index(layer) + 1], *LEAVES, "__version__"}
    wrong = []
    for line, name in imports_of(parse(path), path):
        if name.startswith(".") and name[1:].split(".")[0] not in allowed:
            wrong.append(f"line {line}: {layer} imports {name}")
        if name.split(".")[0] == "posewright":
            wrong.append(f"line {line}: {name} is absolute; inside Blender the package has another name")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", LEAVES)
def test_leaves_import_nothing_of_ours(name: str) -> None:
    path = CHECKOUT / f"{name}.py"
    assert [found for _, found in imports_of(parse(path), path) if found.startswith((".", "posewright"))] == []


@pytest.mark.parametrize("path", MODULES, ids=relative_name)
def test_bpy_stays_where_blender_is(path: Path) -> None:
    name = relative_name(path)
    if name.startswith(("addon/", "rigging/blender/")):
        return
    wrong = [line for line, found in imports_of(parse(path), path) if found.split(".")[0] in ("bpy", "mathutils")]
    assert not wrong, f"{name} imports bpy in line {wrong}"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if relative_name(path).startswith(INSIDE_BLENDER)],
    ids=relative_name,
)
def test_what_runs_in_blender_imports_nothing_heavy(path: Path) -> None:
    found = [name for _, name in imports_of(top_level(parse(path)), path) if name.split(".")[0] in HEAVY]
    assert not found, f"{relative_name(path)} imports {found} when it is loaded"


BLOCKED_IMPORT = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {heavy!r}:
            raise ModuleNotFoundError(name + " is blocked", name=name)

sys.meta_path.insert(0, Block())
import importlib
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def loadable_without_bpy() -> list[str]:
    """Return the modules that Blender loads and that need no bpy themselves; the add-on's package does."""
    names = []
    for path in MODULES:
        name = relative_name(path)
        uses_bpy = any(found.split(".")[0] in ("bpy", "mathutils") for _, found in imports_of(parse(path), path))
        if name.startswith("addon/") or name.endswith("__main__") or uses_bpy:
            continue
        if name.startswith(INSIDE_BLENDER):
            names.append(name.removesuffix("/__init__").replace("/", "."))
    return names


def test_loads_with_numpy_alone() -> None:
    """All in one process: a module that drags in torch through another one fails here."""
    code = BLOCKED_IMPORT.format(heavy=HEAVY)
    names = [f"posewright.{name}" for name in loadable_without_bpy()]
    assert {"posewright.rigging.rig", "posewright.core.take", "posewright.cli.main"} <= set(names)
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_heavy_libraries_are_really_blocked() -> None:
    """The guard of the test above must bite."""
    code = BLOCKED_IMPORT.format(heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code, "torch"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "torch is blocked" in done.stderr
