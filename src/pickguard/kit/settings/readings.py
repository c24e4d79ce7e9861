"""What the production settings say of one name, with the words and the confidence for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from pickguard.base.scales import Confidence, Severity
from pickguard.base.spans import Span, pack, unpack
from pickguard.kit.project import Project
from pickguard.kit.rule import Hit, Spot
from pickguard.site.settings.environment import Setting, Settings
from pickguard.site.symbols.names import flatten
from pickguard.site.symbols.unknown import MISSING, UNKNOWN, FromEnvironment
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text
from pickguard.source.python.walk import heads, statements, within

_PLACES = ("MIDDLEWARE", "SECRET_KEY", "INSTALLED_APPS", "ROOT_URLCONF", "DATABASES")


class Reading(Struct, frozen=True):
    """A setting as production has it.

    Attributes:
        name: of the setting.
        value: what holds when no environment variable is set; Django's default where it is unset.
        is_set: whether the project sets it.
        spot: where it is decided, or where it should be.
        says: a phrase for a message, such as "`DEBUG` is `True`".
        confidence: how far the value can be trusted.
    """

    name: str
    value: Any
    is_set: bool
    spot: Spot
    says: str
    confidence: Confidence

    def hit(self, because: str = "", severity: Severity | None = None) -> Hit:
        """Return the hit of a rule that objects to the value."""
        message = f"{self.says}{because}"
        return Hit((self.spot,), message, self.confidence, self.name, severity)


def reading(project: Project, name: str, default: Any = MISSING) -> Reading | None:
    """Return what production says of a setting; None where there is none, or nobody can tell.

    Args:
        project: the project.
        name: the setting.
        default: Django's own default; without it, an unset setting is None.
    """
    production = project.production
    if production is None:
        return None
    setting = production.values.get(name)
    if setting is None:
        if default is MISSING:
            return None
        is_switched = _is_switched(production, name)
        is_sure = production.complete and not is_switched
        says = f"`{name}` is {'set on a condition alone' if is_switched else 'not set'}"
        confidence = Confidence.MEDIUM if is_sure else Confidence.LOW
        return Reading(name, default, False, _place(project), says, confidence)
    value = setting.value
    if _follows_debug(written(project, name)):
        return None
    if isinstance(value, FromEnvironment):
        if not value.has_default:
            return None
        named = f"`{value.variable}`"
        otherwise = f"{named} is set" if "." in named else f"the environment sets {named}"
        says = f"`{name}` is {shown(value.default)} unless {otherwise}"
        spot = project.setting_spot(setting)
        return Reading(name, value.default, True, spot, says, Confidence.LOW)
    if value is UNKNOWN:
        return None
    confidence = Confidence.MEDIUM if setting.in_branch else Confidence.HIGH
    says = f"`{name}` is {shown(value)}"
    return Reading(name, value, True, project.setting_spot(setting), says, confidence)


def _is_switched(production: Settings, name: str) -> bool:
    """Whether a file of the settings sets it all the same, where a switch of the environment says so."""
    modules = {setting.module for setting in production.values.values()}
    return any(
        isinstance(statement, n.Assign)
        and any(tail(target) == name for target in statement.targets)
        and not (isinstance(statement.value, n.Const) and not statement.value.value)
        for module in modules | {production.module}
        for statement in flatten(module.record.body)
    )


def _follows_debug(value: n.Expr | None) -> bool:
    """Whether a setting is right as soon as `DEBUG` is: `SESSION_COOKIE_SECURE = not DEBUG`."""
    if not isinstance(value, n.Unary) or value.op != "not":
        return False
    return isinstance(value.operand, n.Name) and value.operand.id == "DEBUG"


def written(project: Project, name: str) -> n.Expr | None:
    """Return the expression by which production sets a setting, also where its value could not be told."""
    setting = project.production.values.get(name) if project.production else None
    for statement in flatten(setting.module.record.body) if setting is not None else ():
        if isinstance(statement, n.Assign) and setting is not None:
            if statement.span == setting.span:
                return statement.value
    return None


def entries_within(setting: Setting) -> Iterator[tuple[str | None, n.Expr]]:
    """Yield the entries of all dictionaries that a setting writes out, `{…}` or `dict(…)`, at any depth."""
    for statement in statements(setting.module.record.body):
        if statement.span == setting.span:
            for node in within(heads(statement)):
                yield from _entries(node)


def entry_spot(project: Project, name: str, key: str) -> Spot | None:
    """Return where production's file gives a setting's dictionary an entry, also where others are added below.

    Args:
        project: the project.
        name: the setting.
        key: of the entry.
    """
    setting = project.production.values.get(name) if project.production else None
    found: Spot | None = None
    for statement in flatten(setting.module.record.body) if setting is not None else ():
        if not isinstance(statement, n.Assign) or setting is None:
            continue
        for target in statement.targets:
            values = [value for said, value in _entries(statement.value) if said == key]
            if isinstance(target, n.Index) and text(target.index) == key:
                values = [statement.value] if tail(target.value) == name else []
            elif tail(target) != name:
                values = []
            found = Spot(setting.module.path, values[-1].span) if values else found
    return found


def _entries(node: n.Expr) -> Iterator[tuple[str | None, n.Expr]]:
    if isinstance(node, n.Mapping):
        yield from ((text(key), value) for key, value in zip(node.keys, node.values, strict=True))
    elif isinstance(node, n.Call) and tail(node.func) == "dict":
        yield from ((keyword.name, keyword.value) for keyword in node.keywords)


def shown(value: Any) -> str:
    """Return a value as a message shows it."""
    if isinstance(value, list | tuple | dict) and len(value) > 3:
        return "as it stands here"
    return f"`{value!r}`"


def _place(project: Project) -> Spot:
    """Return where a setting that is missing would be written: beside a well-known one."""
    production = project.production
    if production is None:
        raise LookupError("there are no production settings")
    for name in _PLACES:
        setting = production.values.get(name)
        if setting is not None:
            start = unpack(setting.span)
            end = start.column + len(name)
            span = pack(Span(start.line, start.column, start.line, end))
            return Spot(setting.module.path, span, "these settings leave it out")
    return Spot(production.module.path, 0)
