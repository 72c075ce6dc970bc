"""Clean up a take without touching it: edits and smoothing are noted beside it and replayed. numpy alone."""
