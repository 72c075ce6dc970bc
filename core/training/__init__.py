"""Training and evaluation of lifters on motion-capture data seen through synthetic cameras."""
