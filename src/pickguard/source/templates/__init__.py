"""Reads templates, Django's and Jinja2's, into records with exact positions.

What tells templates from other files is here; `reader`, which takes longer to load, reads them.
"""

from pickguard.source.templates.detect import (
    engine_of_path,
    guess_engine,
    is_script,
    looks_like_template,
    names_template,
)
from pickguard.source.templates.record import Engine, TemplateRecord

__all__ = [
    "Engine",
    "TemplateRecord",
    "engine_of_path",
    "guess_engine",
    "is_script",
    "looks_like_template",
    "names_template",
]
