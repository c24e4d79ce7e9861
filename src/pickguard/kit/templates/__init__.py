"""What templates are given, by views, context processors, tags, macros and other templates."""
