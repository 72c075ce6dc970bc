"""Take to bones. The solver is plain numpy; whatever touches bpy lives in ``rigging.blender``."""
