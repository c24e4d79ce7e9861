"""Models, their fields, and the migrations that brought them."""
