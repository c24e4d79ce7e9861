"""Values that are kept: in rows, sessions, caches, settings and objects of a module; who wrote them."""
