"""The Python with PyTorch that does the heavy work: made, checked and removed here."""
