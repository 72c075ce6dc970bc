"""From footage to a take: the choices, the button, and doing it again with other choices."""
