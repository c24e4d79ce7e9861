"""Content security policies in settings: Django's own since 6.0, those of django-csp before."""

from __future__ import annotations

from typing import Any

from pickguard.site.symbols.unknown import UNKNOWN


def allowed(policy: Any, *directives: str) -> list[Any]:
    """Return where a policy lets something come from, as texts; `UNKNOWN` stands for what cannot be told.

    Args:
        policy: directives with their sources, below `DIRECTIVES` for django-csp 4, or the sources alone.
        directives: the names of which the first that the policy has decides: `script-src`, `default-src`.
    """
    sources = policy
    if isinstance(policy, dict):
        inner = policy.get("DIRECTIVES", policy)
        named = inner if isinstance(inner, dict) else {}
        sources = next((named[name] for name in directives if name in named), None)
    if isinstance(sources, str):
        return list(sources.split())
    items = sources if isinstance(sources, list | tuple | set) else ()
    return [item if isinstance(item, str) else UNKNOWN for item in items]
