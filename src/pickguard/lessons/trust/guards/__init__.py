"""Guards that are there and keep nobody out: they ask nothing, come too late, or are never asked."""
