"""Lifted poses to motion in the world: metres, Z up, feet on the floor."""
