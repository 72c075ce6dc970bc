"""Pick the person by clicking in a picture of the video, shown over the 3D view."""
