"""Code rules about files that are run or rendered: what is written into them is a program."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

_PROGRAM = re.compile(r"\.(py|sh|bash|pl|rb|php|cgi)$")
_PAGE = re.compile(r"\.(html?|jinja2?|j2|djt)$")
_TEMPLATES = re.compile(r"(^|/)templates(/|$)")
_OPENS = frozenset({"open", "Path", "NamedTemporaryFile", "with_suffix", "joinpath"})


@code_rule(
    "shell.program-from-browser",
    words=("write", "writelines", "write_text"),
    needs_browser=True,
    title="what the browser sent is written into a program, or a template",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY, Area.AVAILABILITY),
    cwe=(94, 1336),
    severity=Severity.HIGH,
    gain="whoever sends the text has the server run it, or render it with all that a template reaches",
    mend="keep it as data, in a model; what has to run runs elsewhere, in a sandbox without the site's secrets",
)
def program_from_browser(code: Code) -> Iterator[Hit]:
    """Find `open("…/plugin.py", "w").write(request.POST["code"])`, also step by step."""
    for call in code.calls("write", "writelines", "write_text"):
        what = _kind(code, receiver_of(call)) if call.args else ""
        origin = code.origin(call.args[0]) if what else None
        if origin is not None and origin.is_browser:
            yield Hit(
                (code.spot(call),),
                f"what the browser sent becomes {what}",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "is written"),
            )


def _kind(code: Code, file: n.Expr | None) -> str:
    """Return what the file is by its name: a program, a template, or nothing of the kind."""
    parts = list(code.parts(file)) if file is not None else []
    if not any(isinstance(part, n.Call) and tail(part.func) in _OPENS for part in parts):
        return ""
    texts = [said for part in parts if (said := text(part))]
    if any(map(_PROGRAM.search, texts)):
        return "a program"
    is_page = any(map(_PAGE.search, texts)) and any(map(_TEMPLATES.search, texts))
    return "a template" if is_page else ""
