"""Links the records of a tree into one site: routes, views, forms, models, templates, settings."""
