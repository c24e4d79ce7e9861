"""What stands between a stranger and a view: decorators, permissions, middlewares, exemptions."""
