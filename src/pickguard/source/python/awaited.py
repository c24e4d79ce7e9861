"""Django's asynchronous methods as the others: `await Note.objects.aget(pk=pk)` is `Note.objects.get(pk=pk)`.

They are called as those are, with an `a` before.
"""

from __future__ import annotations

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

_AT_ONCE = {
    f"a{name}": name
    for name in (
        *("get", "create", "save", "delete", "exists", "count", "update", "first", "last", "latest", "earliest"),
        *("get_or_create", "update_or_create", "bulk_create", "bulk_update", "in_bulk", "aggregate", "contains"),
        *("add", "remove", "set", "clear", "refresh_from_db", "pop", "setdefault", "flush", "cycle_key"),
        *("get_object_or_404", "get_list_or_404", "authenticate", "login", "logout", "get_user", "has_perm"),
        *("has_perms", "check_password", "create_user", "create_superuser", "update_session_auth_hash"),
    )
}  # fmt: skip


def awaited(value: n.Expr) -> tuple[n.Expr, str]:
    """Return what an awaited value is, and the name of what gives it at once; an empty text for any other."""
    if not isinstance(value, n.Call):
        return value, ""
    func = value.func
    if tail(func) == "auser" and isinstance(func, n.Attr):
        return n.Attr(value.span, func.value, "user"), "user"
    name = _AT_ONCE.get(tail(func), "")
    if not name:
        return value, ""
    plain = n.Attr(func.span, func.value, name) if isinstance(func, n.Attr) else func
    if isinstance(func, n.Name):
        plain = n.Name(func.span, name)
    return n.Call(value.span, plain, value.args, value.keywords), name
