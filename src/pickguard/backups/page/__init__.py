"""A drill as one self-contained page, without scripts and outside requests."""

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from pickguard.backups.outcome import Outcome

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a;background:#fff}table{border-collapse:collapse}td,th{padding:.2rem .8rem;"
    "text-align:left;border-bottom:1px solid #ccc}.number{text-align:right}dt{font-weight:600}"
    ".good{color:#0a6b2d;font-weight:600}.bad{color:#a40000;font-weight:600}"
    "li{overflow-wrap:anywhere}"
)


def render(outcome: Outcome) -> str:
    """Return the page of a drill."""
    text = files(__name__).joinpath("drill.html.jinja").read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    digest = hashlib.sha256(_STYLE.encode()).digest()
    slowest = max([each["recovery_s"] for each in outcome.facts["history"]], default=0)
    return environment.from_string(text).render(
        outcome=outcome,
        style=Markup(_STYLE),  # noqa: S704 - our own constant
        style_hash=base64.b64encode(digest).decode(),
        slowest=slowest or 1,
    )
