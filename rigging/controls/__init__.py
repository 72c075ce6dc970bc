"""Rigs that are moved by controls: what the controls do, and a motion put onto them. numpy only."""
