"""A page about a take for people: key figures, plots, and moments that deserve a look. numpy only."""
