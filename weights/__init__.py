"""Model weights: what can be loaded, where it comes from, and under which terms."""
