"""Control rigs in Blender: controls found by trying them, switches, and rigs freed from their controls."""
