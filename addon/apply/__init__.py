"""A take on a character as keyframes, and every choice about how."""
