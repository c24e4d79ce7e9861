"""Migrations of the saved queries."""
