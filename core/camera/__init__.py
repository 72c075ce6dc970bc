"""The camera that filmed a clip: its focal length, how it moved, and the files that say so."""
