"""An app for PostgreSQL."""
