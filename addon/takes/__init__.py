"""The takes of a file: the list, files of takes, and what shows a take without a character."""
