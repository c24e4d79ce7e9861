"""From a tree to `Q`: values and lookups, the rows that conditions share, and what a query costs."""
