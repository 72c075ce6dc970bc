"""A take made better: smoothing, contacts, and other edits, none of which destroys anything."""
