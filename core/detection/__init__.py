"""Footage to 2D keypoints of one person."""
