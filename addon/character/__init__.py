"""Who gets the motion: the armature and the map of its bones."""
