"""What a cache keeps of one visitor, and shows to the next."""
