"""Which bone of a rig is which part of the body, by names, by shape, and by the user's own map. numpy only."""
