"""Errors that a check returns where it was to raise them: Django takes what it answers, and goes on.

`return ValidationError(…)` in `clean_title` is the title; `return PermissionDenied()` in `has_permission` is as good
as yes.
"""

import re
from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n

# Django takes what they return for the value; an exception is one
_CLEANING = re.compile(r"^(clean|validate)(_\w+)?$")
_CLEANED = frozenset({"form", "serializer"})
# It takes what they return for yes or no; an exception is a yes
ANSWERING = frozenset({"has_permission", "has_object_permission", "test_func"})
"""Methods of permissions and mixins by which a caller is let in or not."""


def of_returned(code: Code, errors: frozenset[str]) -> Iterator[Hit]:
    """Yield the errors that a form, a serializer or a permission returns; `errors` are names of libraries' ones."""
    taken = _taken_for(code)
    for statement in code.statements if taken else ():
        made = statement.value if isinstance(statement, n.Return) else None
        if isinstance(made, n.Call) and tail(made.func) in errors and _is_of_library(code, made):
            yield Hit(
                (code.spot(made),),
                f"`{tail(made.func)}(…)` is returned and not raised: it is taken for {taken}",
                Confidence.HIGH,
                code.symbol,
                mend=f"`raise {tail(made.func)}(…)`",
            )


def _taken_for(code: Code) -> str:
    """Return what Django makes of what a method returns; nothing where it is no check."""
    if code.function is None or code.owner is None:
        return ""
    name = code.function.node.name
    if name in ANSWERING:
        return "a yes"
    is_cleaned = not _CLEANED.isdisjoint(code.project.site.classes.kinds(code.owner))
    return "the value" if is_cleaned and _CLEANING.match(name) else ""


def _is_of_library(code: Code, made: n.Call) -> bool:
    return code.name(made.func).startswith(("django.", "rest_framework."))
