"""What two visitors change at once, and what nobody holds together but a form."""
