"""The shapes by which services mark the keys that they hand out, so that a leaked one is seen."""

from __future__ import annotations

import re

KEY = "<key>"
"""Stands among the words of code that holds a text of such a shape."""

STARTS = frozenset(
    {"sk_", "rk_", "AKI", "ASI", "ghp", "gho", "ghs", "ghr", "git", "glp", "xox", "xap", "SG."}
    | {"sk-", "npm", "pyp", "hf_", "dop", "shp", "---", "GOC", "AGE", "whs", "Bea", "tok"}
)
"""What such a text begins with, to leave the others alone soon."""

_FEWEST_CHARACTERS = 10
_SHAPE = re.compile(
    r"(?:Bearer |token )?(?:"
    r"(?:sk|rk)_live_[0-9A-Za-z]{20,}"  # Stripe
    r"|whsec_[0-9A-Za-z+/=]{30,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}"  # Amazon
    r"|gh[posr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{60,}"
    r"|glpat-[0-9A-Za-z_-]{20,}"
    r"|xox[bpars]-[0-9]{8,}-[0-9A-Za-z-]{20,}|xapp-[0-9]-[0-9A-Za-z-]{30,}"  # Slack
    r"|SG\.[\w-]{20,}\.[\w-]{40,}"  # SendGrid
    r"|sk-(?:ant-|proj-)[\w-]{40,}"
    r"|npm_[0-9A-Za-z]{36}|pypi-AgEI[\w-]{50,}|hf_[A-Za-z]{34}"
    r"|dop_v1_[0-9a-f]{64}|shp(?:at|ss)_[0-9a-fA-F]{32}"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{58}|GOCSPX-[\w-]{28}"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s[\s\S]{60,}"
    r")"
)
_MADE_UP = re.compile(r"example|dummy|fake|x{6}|0{8}|1234567|abcdefg", re.IGNORECASE)


def is_key(text: str) -> bool:
    """Whether a text is, by its shape, a key of a well-known service, and none that is made up."""
    if text[:3] not in STARTS or not _SHAPE.match(text):
        return False
    return len(set(text)) >= _FEWEST_CHARACTERS and not _MADE_UP.search(text)
