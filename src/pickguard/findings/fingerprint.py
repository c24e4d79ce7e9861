"""A name for each finding that stays the same while lines move.

It is made of the rule, the path, the symbol and the code of the first place; the line and the
confidence are left out, so that neither a new import above nor a sharper rule makes old findings
look new. Findings that are alike in all of this are told apart by their order in the file.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

import msgspec

from pickguard.findings.model import Finding
from pickguard.findings.result import order

_DIGITS = 20
_SUPPRESSION = re.compile(r"(?:#|\{#|<!--|//)\s*pickguard:\s*ignore.*")


def fingerprint(findings: Iterable[Finding], prefix: str = "") -> tuple[Finding, ...]:
    """Return the findings in stable order, each with its fingerprint.

    `prefix` is the way from the folder of the baseline to the scanned root ("" where they are the
    same), so that a scan of a part names its findings as a scan of the whole does.
    """
    seen: Counter[str] = Counter()
    marked = []
    for finding in sorted(findings, key=order):
        key = _key(finding, prefix)
        seen[key] += 1
        text = key if seen[key] == 1 else f"{key}\0{seen[key]}"
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        marked.append(msgspec.structs.replace(finding, fingerprint=digest[:_DIGITS]))
    return tuple(marked)


def normalised(code: str) -> str:
    """Return the code without what may change freely: indentation, line ends, suppressions."""
    return " ".join(word for line in code.splitlines() for word in _bare(line).split())


def _bare(line: str) -> str:
    return _SUPPRESSION.sub("", line)


def _key(finding: Finding, prefix: str) -> str:
    path, code = prefix, ""
    if finding.places:
        place = finding.places[0]
        path = f"{prefix}/{place.path}" if prefix else place.path
        code = normalised(place.code)
    return f"{finding.rule}\0{path}\0{finding.symbol}\0{code}"
