"""What templates print, and in which place: text, a script, a handler, an address, a style."""
