"""Text of people made into HTML: Markdown, cleaners, parsers."""
