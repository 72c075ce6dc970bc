"""Everything of the rigging that touches bpy."""
