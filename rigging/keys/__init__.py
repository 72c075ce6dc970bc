"""Motions as keys: channels, curves between keys, fewer keys. numpy only."""
