"""Files that the browser names, and what is written into those that others open."""
