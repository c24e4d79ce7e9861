"""A real server with many workers, and a crowd that asks it at once. Benchmarks use it as well."""
