"""What the code itself says of the names of lookups, where the rest of them comes from elsewhere."""

import re

from pickguard.kit import Code, Project
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n


def beginnings(code: Code, names: n.Expr) -> list[str]:
    """Return what the code says the names of lookups begin with: `data__` of `{f"data__{key}": value}`."""
    keys = (
        key
        for made in code.made(names)
        for key in (made.keys if isinstance(made, n.Mapping) else (made,))
    )
    return [_beginning(key) if key is not None else "" for key in keys] or [""]


def _beginning(key: n.Expr) -> str:
    if isinstance(key, n.Joined):
        return (text(key.parts[0]) or "") if key.parts else ""
    if isinstance(key, n.Binary):
        return re.split(r"%", text(key.left) or "", maxsplit=1)[0]
    if isinstance(key, n.Call) and tail(key.func) == "format" and isinstance(key.func, n.Attr):
        return (text(key.func.value) or "").partition("{")[0]
    return ""


def stays_in_json(code: Code, names: n.Expr) -> bool:
    """Whether all that can be named are keys inside a column of JSON: no relation leads out of one."""
    columns = {
        begun.partition("__")[0] if "__" in begun else "" for begun in beginnings(code, names)
    }
    json = code.project.once(_columns_of_json)
    return all(column in json for column in columns)


def _columns_of_json(project: Project) -> frozenset[str]:
    """Return the names of the columns that hold JSON in every model that has them."""
    json: dict[str, bool] = {}
    for model in project.site.models.all:
        for field in model.fields:
            json[field.name] = json.get(field.name, True) and _is_json(project, field.kind)
    return frozenset(name for name, is_json in json.items() if is_json)


def _is_json(project: Project, kind: str) -> bool:
    if kind.endswith(("JSONField", "HStoreField")):
        return True
    classes = project.site.classes
    own = (symbol for symbol in classes.all if symbol.node.name == kind)
    return any(classes.inherits(symbol, "JSONField", "HStoreField") for symbol in own)
