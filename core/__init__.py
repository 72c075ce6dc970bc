"""Footage to Take: everything between a video file and motion in the world. Never imports bpy."""
