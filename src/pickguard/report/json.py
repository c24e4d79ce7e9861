"""The report for other programs: one JSON object, whose form only grows within a schema number.

{"schema": 1, "pickguard": "0.1.0", "root": "…", "duration_s": 1.2,
 "files": {"python": 0, "template": 0, "lines": 0, "unreadable": [{"path": "…", "reason": "…"}],
           "tests": 0, "script": 0},
 "findings": [{"rule": "xss.unescaped-output", …, "fingerprint": "…", "status": "new",
               "fix": null}]}
"""

import json
from typing import Any

import msgspec

from pickguard import __version__
from pickguard.findings.result import ScanResult
from pickguard.report import View

SCHEMA = 1


def render(result: ScanResult, view: View) -> str:
    """Return the report; `view` asks for the figures of the scan or not."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "pickguard": __version__,
        "root": result.root,
        "duration_s": round(result.duration_s, 3),
        "files": msgspec.to_builtins(result.files),
        "skipped": msgspec.to_builtins(result.skipped),
        "findings": msgspec.to_builtins(result.findings),
        "hidden": result.hidden,
        "left_out": result.left_out,
        "faults": msgspec.to_builtins(result.faults),
        "unfollowed": result.unfollowed,
        "production": result.production or None,
    }
    if view.stats:
        document["stats"] = msgspec.to_builtins(result.stats)
    return json.dumps(document, indent=2) + "\n"
