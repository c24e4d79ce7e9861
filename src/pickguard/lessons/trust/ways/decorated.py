"""What stands on one method, there or on its class, and what it names."""

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.around import unwrapped
from pickguard.kit.code import tail
from pickguard.lessons.trust.asking import REFUSALS
from pickguard.site.access.guards import PERMISSION_WORDS, of_one_method
from pickguard.site.symbols.names import FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import inside

ASKING = PERMISSION_WORDS | REFUSALS | {"user"}
"""What a decorator names that asks who may."""
ASKING_LOGIN = frozenset(
    {"login_required", "permission_required", "staff_member_required", "user_passes_test"}
    | {"is_authenticated", "has_perm", "has_perms"}
)
"""What a decorator names that asks for a login, or for more."""


def standing_on(function: FunctionSymbol) -> Iterator[n.Expr]:
    """Yield what stands on a method, there or as `@method_decorator(login_required, name="post")` on its class."""
    for decorator in function.node.decorators:
        yield from unwrapped(decorator)
    for decorator in function.owner.node.decorators if function.owner is not None else ():
        if of_one_method(decorator) == function.node.name:
            yield from unwrapped(decorator)


def words_of(project: Project, function: FunctionSymbol, decorator: n.Expr) -> frozenset[str]:
    """Return what a decorator names, and what its code names."""
    named = frozenset(tail(part) for part in inside(decorator))
    made_by = func_of(decorator)
    found = project.site.names.resolve(function.module, made_by)
    if isinstance(found, ValueSymbol):  # `may_change = permission_required("notes.change_note")`
        return named | frozenset(tail(part) for part in inside(found.value))
    return named | frozenset(found.node.words if isinstance(found, FunctionSymbol) else ())
