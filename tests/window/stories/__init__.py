"""What a person does in the window, told as generator functions; play.py plays them."""
