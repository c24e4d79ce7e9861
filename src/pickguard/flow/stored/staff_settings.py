"""Settings that staff changes while the site runs: `constance.config.TITLE` is a text out of storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pickguard.flow.catalog import Passage
from pickguard.flow.values.origin import Kind, Origin, Step
from pickguard.source.python import nodes as n

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body


def setting(body: Body, node: n.Expr) -> Origin:
    """Return the origin of what an expression reads of such settings; no visitor writes it."""
    step = Step(
        body.module.path, node.span, "a setting that staff changes in the admin, from storage"
    )
    return Origin(frozenset({Kind.STORED, Kind.SETTING}), node, (step,))


def setting_of(body: Body, node: n.Expr, holder: n.Expr) -> Origin | None:
    """Return the origin of what is read of a holder; None where it holds no such settings.

    Args:
        body: the code around it.
        node: what reads it: `config.TITLE`, `getattr(config, name)`.
        holder: what it is read of.
    """
    is_one = body.flow.catalog.passage(body.name(holder)) is Passage.STORED
    return setting(body, node) if is_one else None
