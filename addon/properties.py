"""Everything that the add-on keeps in a scene; it is saved with the file."""
# pyright: reportInvalidTypeForm=false

from bpy.props import BoolProperty, CollectionProperty, IntProperty, PointerProperty
from bpy.types import PropertyGroup

from .apply.properties import PosewrightApply
from .capture.properties import PosewrightCapture
from .character.properties import PosewrightCharacter
from .footage.properties import PosewrightFootage
from .takes.properties import PosewrightTake
from .takes.store import seen


class PosewrightScene(PropertyGroup):
    """The choices in the panels, and the takes."""

    footage: PointerProperty(type=PosewrightFootage)
    capture: PointerProperty(type=PosewrightCapture)
    takes: CollectionProperty(type=PosewrightTake)
    take_index: IntProperty(
        name="Take",
        description="The take that the panels are about",
        options=set(),
        update=lambda group, context: seen(group.id_data),
    )
    show_figure: BoolProperty(
        name="Show Figure",
        description="Draw the chosen take as a figure in the 3D view; it is not rendered",
        default=True,
        options=set(),
    )
    character: PointerProperty(type=PosewrightCharacter)
    apply: PointerProperty(type=PosewrightApply)
