"""URLconfs, routers and registries: every address that leads to a view."""
