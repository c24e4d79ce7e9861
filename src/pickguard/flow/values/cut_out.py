"""Parts of a text that hold too little of it to do harm."""

from __future__ import annotations

from pickguard.flow.values.origin import Origin
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

_INITIALS = 2


def is_last_part(node: n.Index) -> bool:
    """Whether it is what stands behind the last slash: `name.rsplit("/", 1)[-1]`."""
    call = node.value
    if not isinstance(call, n.Call) or tail(call.func) not in ("split", "rsplit"):
        return False
    is_last = isinstance(node.index, n.Const) and node.index.value == -1
    return is_last and bool(call.args) and text(call.args[0]) in ("/", "\\")


def is_tail(call: n.Expr, position: object) -> bool:
    """Whether it is what stands behind the last slash, or the last dot: `os.path.split(name)[1]`."""
    if not isinstance(call, n.Call) or tail(call.func) not in ("split", "splitext"):
        return False
    module = tail(call.func.value) if isinstance(call.func, n.Attr) else "path"
    return module in ("path", "posixpath", "ntpath") and len(call.args) == 1 and position in (1, -1)


def is_initial(node: n.Index) -> bool:
    """Whether no more than two letters are taken of a row's text: `self.first_name[0:1]`."""
    index = node.index
    if not isinstance(node.value, n.Attr):
        return False
    if isinstance(index, n.Slice):
        stop = index.stop.value if isinstance(index.stop, n.Const) else None
        return isinstance(stop, int) and 0 <= stop <= _INITIALS
    return isinstance(index, n.Const) and isinstance(index.value, int)


def is_number(node: n.Index, whole: Origin) -> bool:
    """Whether it is the number of a row, among what was put together from its texts: `item["id"]`."""
    return not whole.is_browser and text(node.index) in ("id", "pk")
