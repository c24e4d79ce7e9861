"""Makes a set, and takes away those that are no longer wanted."""
