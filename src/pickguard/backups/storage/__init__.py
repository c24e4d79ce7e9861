"""Where sets lie: any Django storage, and the names that are given there."""
