"""What makes a page of a template."""

PAGES = frozenset({
    "render", "TemplateResponse", "SimpleTemplateResponse", "render_to_response", "render_to_string",
})  # fmt: skip
