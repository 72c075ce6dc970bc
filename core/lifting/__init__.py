"""2D keypoints to 3D poses in camera axes."""
