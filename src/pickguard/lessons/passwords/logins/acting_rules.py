"""Password rules about staff that acts as somebody else: as whom, is not theirs to say alone."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, is_asker
from pickguard.lessons.passwords.doors import LOGINS
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n

# Staff, and whoever may look at accounts
_STAFF = re.compile(r"staff|IsAdminUser|(^|\.)view_\w+$", re.IGNORECASE)
# Something looks at who is to be acted as, or asks staff for more than to be staff
_LOOKS = re.compile(
    r"superuser|has_perm|permission_required|check_password|authenticate$|(^|_)(can|may)_|token|signing|role|level"
)
_DEEPEST = 2


@rule(
    "passwords.acts-as-superuser",
    title="staff logs in as whomever it names, superusers among them",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(269, 863),
    severity=Severity.HIGH,
    gain="anybody of the staff, or who takes one such account over, acts as the superuser from then on",
    mend="leave them out of those that can be chosen: `filter(is_staff=False, is_superuser=False)`",
)
def acts_as_superuser(project: Project) -> Iterator[Hit]:
    """Find `login(request, target)` behind `staff_member_required`, where nothing looks at what the target may do."""
    seen: set[Code] = set()
    for _route, view in project.views():
        is_for_staff = _is_for_staff(view)
        for _method, function in view.handlers:
            code = project.code_of(function)
            if code not in seen and (is_for_staff or _sends_others_away(code)):
                seen.add(code)
                yield from _acting(code)


def _is_for_staff(view: View) -> bool:
    """Whether a view lets staff in, or whoever may look, and asks for nothing else."""
    # beside a right stands the class that asks for it
    asked = {name for name in view.permissions if "." in name} or set(view.permissions)
    return bool(asked) and all(map(_STAFF.search, asked))


def _sends_others_away(code: Code) -> bool:
    """Whether code begins with what lets the staff go on alone: `if not request.user.is_staff: return …`."""
    first = code.block[0] if code.block else None
    test = first.test if isinstance(first, n.If) else None
    asked = test.operand if isinstance(test, n.Unary) and test.op == "not" else None
    if not isinstance(first, n.If) or not isinstance(asked, n.Attr) or asked.name != "is_staff":
        return False
    return is_asker(asked.value) and any(
        isinstance(one, n.Return | n.Raise) for one in first.body[-1:]
    )


def _acting(code: Code) -> Iterator[Hit]:
    codes = list(code.reached(_DEEPEST))
    if any(_looks_at_target(one) for one in codes):
        return
    for one in codes:
        for call in one.calls(*LOGINS):
            target = argument(call, 1, "user")
            if target is not None and one.is_from(call.func, "django") and not is_asker(target):
                yield Hit(
                    (one.spot(call),),
                    "whoever may look is logged in as whomever they name, and nobody asks what that account may do",
                    Confidence.MEDIUM,
                    one.symbol,
                )
                return


def _looks_at_target(code: Code) -> bool:
    if any(map(_LOOKS.search, code.words)):
        return True
    named = (keyword.name for call in code.every(n.Call) for keyword in call.keywords)
    if "is_staff" in named:
        return True
    return any(node.name == "is_staff" and not is_asker(node.value) for node in code.every(n.Attr))
