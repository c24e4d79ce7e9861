"""Hashers of the site's own: one that hashes nothing keeps passwords as they are, one in a hurry is soon undone."""

import re
from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_HASHES = re.compile(
    r"hash|hmac|digest|crypt|kdf|pbkdf|argon|md5|sha\d|blake|encode|cipher", re.IGNORECASE
)


def hashes_nothing(project: Project, hasher: str) -> bool:
    """Whether the `encode` of a hasher calls nothing that makes a hash, by its names.

    Args:
        project: the project.
        hasher: the full name of its class, as the settings say it.
    """
    symbol = project.site.names.dotted(hasher)
    if not isinstance(symbol, ClassSymbol):
        return False
    method = project.site.classes.method(symbol, "encode")
    if method is None or "password" not in {param.name for param in method.node.params}:
        return False
    block = body(method.node)
    return any(isinstance(statement, n.Return) for statement in block) and not any(
        isinstance(node, n.Name | n.Attr) and _HASHES.search(_said(node))
        for node in expressions(block)
    )


def _said(node: n.Name | n.Attr) -> str:
    return node.id if isinstance(node, n.Name) else node.name


# The rounds that Django's own hashers made in 2018; each release makes more
_FEWEST = {"iterations": 100_000, "rounds": 10}
_SLOW = (
    ".PBKDF2PasswordHasher",
    ".PBKDF2SHA1PasswordHasher",
    ".BCryptPasswordHasher",
    ".BCryptSHA256PasswordHasher",
)


def hurrying(project: Project) -> Iterator[tuple[ClassSymbol, n.Const]]:
    """Yield the hashers of the site's own that make one of Django's faster, with their rounds."""
    for symbol in project.site.classes.all:
        few = [value for statement in symbol.node.body for value in _few_rounds(statement)]
        if few and project.site.classes.inherits(symbol, *_SLOW):
            yield from ((symbol, value) for value in few)


def _few_rounds(statement: n.Stmt) -> Iterator[n.Const]:
    """Yield the rounds that a statement of a class sets, where they are too few."""
    value = statement.value if isinstance(statement, n.Assign) else None
    if not isinstance(statement, n.Assign) or not isinstance(value, n.Const):
        return
    fewest = max(_FEWEST.get(tail(target), 0) for target in statement.targets)
    if isinstance(value.value, int) and 0 < value.value < fewest:
        yield value
