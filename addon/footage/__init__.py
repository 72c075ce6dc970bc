"""What is captured: the video, which part of it, and who in it."""
