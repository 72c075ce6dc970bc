"""The motion of a person as turns of a rig's bones. numpy only."""
