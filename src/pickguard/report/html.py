"""One self-contained page: no outside requests, a strict content security policy, filters.

Everything from scanned files passes Jinja2's autoescaping; the policy allows the page's own style
and script by their hashes and nothing else, so markup that slipped through could not act.
"""

import base64
import hashlib
import re
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup, escape

from pickguard import __version__
from pickguard.base.excerpts import Row, excerpt
from pickguard.base.scales import Severity
from pickguard.base.screen import printable
from pickguard.base.spans import Span
from pickguard.findings.model import Finding, Place, Status
from pickguard.findings.result import ScanResult
from pickguard.report import View
from pickguard.report.groups import grouped, to_begin_with, verdicts

_COLUMNS = 160
# of one rule; the others are folded
_SHOWN = 3
_CODE = re.compile(r"`([^`]+)`")


def render(result: ScanResult, view: View) -> str:  # noqa: ARG001 - every format takes both
    """Return the page."""
    style, script = _part("page.css"), _part("page.js")
    environment = Environment(
        loader=DictLoader({name: _part(name) for name in ("page.html.jinja", "card.html.jinja")}),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    card = environment.get_template("card.html.jinja")

    def rendered(finding: Finding) -> Markup:
        return Markup(card.render(finding=finding, prose=_prose, rows=_rows))  # noqa: S704 - made by an autoescaping template

    groups = grouped(result, tuple(Status))
    return environment.get_template("page.html.jinja").render(
        result=result,
        findings=result.findings,
        groups=groups,
        shown=_SHOWN,
        shown_areas=[group.area for group in groups],
        first=to_begin_with(result.with_status(Status.NEW)),
        verdicts=verdicts(result),
        lessons=sorted({finding.lesson for finding in result.findings}),
        severities=tuple(Severity),
        card=rendered,
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
        version=__version__,
    )


def _part(name: str) -> str:
    return files("pickguard.report").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the source expression that allows exactly this text (CSP level 3, 2.3.1)."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _shown(value: object) -> object:
    """Spell out control characters and direction overrides in every text."""
    return printable(value) if type(value) is str else value


def _prose(text: str) -> Markup:
    """Return a sentence with the code in its backquotes as code."""
    pieces = _CODE.split(printable(text))
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    )


def _rows(place: Place) -> tuple[Row, ...]:
    span = Span(place.line, place.column, place.end_line, place.end_column)
    return excerpt(place.code, span, _COLUMNS)
