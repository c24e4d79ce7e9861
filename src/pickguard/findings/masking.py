"""Secrets in the code that a report shows: more people read a report, and its log, than the code.

Every character of a text but the first few is starred, so that what stands beside it stays where it is.

>>> starred('TOKEN = "ghp_x9Kq27LmW0aZ"  # of "the bot"')
'TOKEN = "ghp_************"  # of "t******"'
>>> starred('key = os.environ.get("SECRET_KEY", "changeme")')
'key = os.environ.get("SECRET_KEY", "ch******")'
"""

import re

from msgspec.structs import replace

from pickguard.findings.model import Finding

# a text, with what follows it; the end of an excerpt may cut it off
_TEXT = re.compile(r"(\"\"\"|'''|\"|')((?:\\.|(?!\1).)*)(\1\s*:?|\Z)", re.DOTALL)
_NAME = re.compile(r"[A-Z]+(_[A-Z0-9]+)+|[A-Z]{1,12}")
_MOST_SHOWN = 4


def masked(finding: Finding) -> Finding:
    """Return a finding whose code shows no text in full."""
    places = tuple(replace(place, code=starred(place.code)) for place in finding.places)
    flow = tuple(replace(step, code=starred(step.code)) for step in finding.flow)
    return replace(finding, places=places, flow=flow)


def starred(code: str) -> str:
    """Return code with its texts starred; keys, and names in capitals as of a variable, stay."""
    return _TEXT.sub(_starred, code)


def _starred(found: re.Match[str]) -> str:
    quote, said, end = found.groups()
    if end.endswith(":") or _NAME.fullmatch(said):
        return found.group()
    shown = min(_MOST_SHOWN, len(said) // 4)
    return quote + said[:shown] + re.sub(r"[^\n]", "*", said[shown:]) + end
