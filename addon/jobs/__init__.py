"""Work that takes longer than a moment: a warm worker process, a queue of jobs, and what brings results back."""
