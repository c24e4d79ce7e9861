"""Resources of tastypie that let everybody write: `Authorization()` lets all do all, and asks nobody who they are."""

from collections.abc import Iterator, Mapping

from pickguard.base.scales import Confidence
from pickguard.kit import Code, Hit, Project
from pickguard.kit.code import tail
from pickguard.lessons.trust.openness import UNSAFE
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of, text

_LETS_ALL = "authorization"
_ASKS_WHO = "authentication"
_METHODS = ("list_allowed_methods", "detail_allowed_methods")
_ROWS = frozenset({"queryset", "object_class"})
# what a resource of the site's own may ask by itself
_ASKS_ITSELF = frozenset(
    {"is_authenticated", "is_authorized", "dispatch", "wrap_view", "method_check", "hydrate"}
    | {"authorized_create_detail", "authorized_update_detail", "authorized_delete_detail"}
    | {"obj_create", "obj_update", "obj_delete", "apply_authorization_limits"}
)


def open_resources(project: Project) -> Iterator[Hit]:
    """Yield the resources whose `Meta` lets strangers write."""
    for code, _words in project.code(frozenset({_LETS_ALL})):
        owner = code.owner
        if code.function is not None or owner is None or owner.node.name != "Meta":
            continue
        said = _said(owner.node)
        if owner.node.bases or _ROWS.isdisjoint(said) or not _lets_all(code, said):
            continue
        resource = owner.qualname.rpartition(".")[0]
        if not _unsafe(said) or _asks_itself(code, resource):
            continue
        methods = ", ".join(sorted(_unsafe(said)))
        yield Hit(
            (code.spot(said[_LETS_ALL]),),
            f"`{resource}` answers {methods} without a login",
            Confidence.MEDIUM,
            owner.name,
            mend="set `authentication` as well, such as `SessionAuthentication()`, and an `authorization` that asks"
            " for rights, such as `DjangoAuthorization()`",
        )


def _said(meta: n.Class) -> Mapping[str, n.Expr]:
    return {
        tail(target): statement.value
        for statement in meta.body
        if isinstance(statement, n.Assign)
        for target in statement.targets
    }


def _lets_all(code: Code, said: Mapping[str, n.Expr]) -> bool:
    who = said.get(_ASKS_WHO)
    is_asked = who is not None and not _is_kind(code, who, "Authentication")
    return _LETS_ALL in said and _is_kind(code, said[_LETS_ALL], "Authorization") and not is_asked


def _is_kind(code: Code, node: n.Expr, name: str) -> bool:
    """Whether a value is an object of one of tastypie's classes, not of one that inherits from it."""
    called = code.name(node.func) if isinstance(node, n.Call) else ""
    return called.startswith("tastypie.") and called.endswith(f".{name}")


def _unsafe(said: Mapping[str, n.Expr]) -> frozenset[str]:
    """Return the methods that change rows, of those that are allowed; none where that cannot be told."""
    found: set[str] = set()
    for which in _METHODS:
        listed = said.get(which, said.get("allowed_methods"))
        if listed is None:
            found |= UNSAFE
        else:
            found |= {(text(one) or "").upper() for one in items_of(listed)} & UNSAFE
    return frozenset(found)


def _asks_itself(code: Code, resource: str) -> bool:
    """Whether the resource has methods in which it can ask who it is."""
    for statement in code.module.record.body:
        if isinstance(statement, n.Class) and statement.name == resource:
            names = {one.name for one in statement.body if isinstance(one, n.Function)}
            return not names.isdisjoint(_ASKS_ITSELF)
    return False
