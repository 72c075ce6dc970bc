"""The command line and the worker process."""
