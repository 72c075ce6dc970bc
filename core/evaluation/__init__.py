"""How accurate lifters are: on motion capture, off the optical axis, on clips with truth, by the data sets' rules."""
