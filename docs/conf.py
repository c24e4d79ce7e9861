"""How the documentation is built: Sphinx, MyST Markdown, Furo; warnings are errors."""

from pickguard import __version__

project = "Pickguard"
author = "The Pickguard developers"
copyright = "2026, the Pickguard developers"
release = version = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Pickguard"
exclude_patterns = ["_build"]
nitpicky = True
