"""Findings made by hand for the tests of everything that treats findings."""

from typing import Any

import msgspec

from pickguard.findings import Area, Confidence, Finding, Place, Severity

FINDING = Finding(
    rule="xss.unescaped-output",
    lesson="xss",
    areas=(Area.INTEGRITY,),
    cwe=(79,),
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    message="`query` goes out unescaped",
    gain="whoever follows a crafted link runs the attacker's script in their own session",
    mend="drop `|safe`",
    places=(Place("notes/search.html", 14, 25, 14, 35, code="<p>{{ query|safe }}</p>"),),
)


def finding(**changes: Any) -> Finding:
    """Return the example with changes; those of the first place are named `place_...`."""
    place = {name[6:]: changes.pop(name) for name in list(changes) if name.startswith("place_")}
    if place:
        changes["places"] = (msgspec.structs.replace(FINDING.places[0], **place),)
    return msgspec.structs.replace(FINDING, **changes)
