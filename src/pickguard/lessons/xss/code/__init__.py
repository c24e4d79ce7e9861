"""HTML that Python puts together, and what is answered as HTML."""
