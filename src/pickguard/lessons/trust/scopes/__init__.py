"""Whose rows a page takes: neither the browser nor one of several ways in may say that it is anybody's."""
