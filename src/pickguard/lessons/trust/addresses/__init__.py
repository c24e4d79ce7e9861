"""Where a redirect goes, what the server fetches, and what a request says of its way."""
