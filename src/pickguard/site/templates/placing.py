"""Where in the page the outputs of each template stand, whoever includes or extends it.

A template is traced once for each place that it is entered at. A template that extends another
has its blocks entered where the other has them. A block that overrides another is taken to leave
the page in the state that the other leaves it in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pickguard.site.templates.library import Library
from pickguard.site.templates.names import TemplateNames
from pickguard.site.templates.trace import Here, Printed, Trace, trace
from pickguard.source.templates import is_script
from pickguard.source.templates import record as r
from pickguard.source.templates.html_context import SCRIPT, TEXT, UNKNOWN, Context
from pickguard.source.templates.record import TemplateRecord

_MOST_ENTRIES = 6
_DEEPEST = 25
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]{0,300}>")


class Placing:
    """Knows where the nodes of all templates of a site stand.

    Args:
        records: the templates by path.
        names: what their names mean.
        library: the site's tags.
    """

    def __init__(
        self, records: Mapping[str, TemplateRecord], names: TemplateNames, library: Library
    ) -> None:
        self._records = records
        self._names = names
        self._library = library
        self._traces: dict[str, dict[Here, Trace]] = {path: {} for path in records}
        self._blocks: dict[str, dict[str, set[Here]]] = {path: {} for path in records}
        self._depth = 0
        self._extends = {path: _extends(record) for path, record in records.items()}
        self._place_all()

    def parents(self, path: str) -> tuple[str, ...] | None:
        """Return the templates that one extends: none, or None where they are not known."""
        extends = self._extends[path]
        return () if extends is None else self.targets(extends.template, path) or None

    def targets(self, expression: r.Expression, path: str) -> tuple[str, ...]:
        """Return the files that an expression names in a template, none where it is not known."""
        if isinstance(expression, r.Literal) and isinstance(expression.value, str):
            return self._names.resolve(expression.value, path)
        return ()

    def tag_targets(self, tag: r.Tag, path: str) -> tuple[str, ...]:
        """Return the files that an inclusion tag renders."""
        facts = self._library.tags.get(tag.name)
        names = facts.templates if facts else ()
        return tuple(target for name in names for target in self._names.resolve(name, path))

    def printed(self, path: str) -> dict[int, list[Printed]]:
        """Return all that a template prints with each place it stands in, by span."""
        found: dict[int, list[Printed]] = {}
        for one in self._traces[path].values():
            for span, printed in one.printed.items():
                known = found.setdefault(span, [])
                if printed not in known:
                    known.append(printed)
        return dict(sorted(found.items()))

    def _place_all(self) -> None:
        included = set(self._included())
        whole = [path for path in self._records if self._extends[path] is None]
        for path in whole:
            if path not in included:
                self._enter(path, _beginning(path))
        for path in whole:
            if not self._traces[path]:
                self._enter(path, _beginning(path))
        for path in self._parents_first():
            self._place_blocks(path)

    def _included(self) -> Iterator[str]:
        for path, record in self._records.items():
            for node in record.every:
                if isinstance(node, r.Include):
                    yield from self.targets(node.template, path)
                elif isinstance(node, r.Tag):
                    yield from self.tag_targets(node, path)

    def _enter(self, path: str, entry: Here) -> Context:
        traces = self._traces[path]
        if entry in traces:
            return traces[entry].exit
        if self._extends[path] is not None or self._depth >= _DEEPEST:
            return entry.context
        if len(traces) >= _MOST_ENTRIES:
            entry = entry._replace(context=UNKNOWN)
        # NOTE: a template that includes itself finds this, and is taken to leave no trace
        traces[entry] = Trace({}, {}, entry.context)
        self._depth += 1
        traces[entry] = self._trace(path, self._records[path].nodes, entry)
        self._depth -= 1
        return traces[entry].exit

    def _trace(self, path: str, nodes: Sequence[r.Node], entry: Here) -> Trace:
        def outside(node: r.Include | r.Tag | r.Block, here: Here) -> Context | None:
            return self._outside(path, node, here)

        traced = trace(nodes, entry, outside)
        for name, here in traced.blocks.items():
            self._blocks[path].setdefault(name, set()).add(here._replace(filters=()))
        return traced

    def _outside(self, path: str, node: r.Include | r.Tag | r.Block, here: Here) -> Context | None:
        if isinstance(node, r.Block):
            return None
        entry = Here(here.context, here.autoescape, filters=here.filters)
        if isinstance(node, r.Tag):
            # NOTE: an inclusion tag renders with a context of its own, escaping as at its start
            entry = Here(here.context, filters=here.filters)
            targets = self.tag_targets(node, path)
        else:
            targets = self.targets(node.template, path)
        exits = {self._enter(target, entry) for target in targets}
        return exits.pop() if len(exits) == 1 else None

    def _parents_first(self) -> list[str]:
        children = [path for path in self._records if self._extends[path] is not None]
        return sorted(children, key=lambda path: (self._height(path), path))

    def _height(self, path: str) -> int:
        height = 0
        seen = {path}
        parents = self.parents(path)
        while parents and parents[0] not in seen:
            height += 1
            seen.add(parents[0])
            parents = self.parents(parents[0])
        return height

    def _place_blocks(self, path: str) -> None:
        inherited = self._inherited_blocks(path)
        for index, node in enumerate(_rendered_of_child(self._records[path].nodes)):
            if isinstance(node, r.Block):
                entries = inherited.get(node.name) or {Here(_likely_context(node))}
            else:
                entries = {Here()}
            for entry in sorted(entries):
                key = entry._replace(block=f"{index}:{node.span}")
                self._traces[path][key] = self._trace(path, (node,), entry._replace(block=""))
        for name, heres in inherited.items():
            self._blocks[path].setdefault(name, set()).update(heres)

    def _inherited_blocks(self, path: str) -> dict[str, set[Here]]:
        found: dict[str, set[Here]] = {}
        for parent in self.parents(path) or ():
            for name, heres in self._blocks[parent].items():
                found.setdefault(name, set()).update(heres)
        return found


def _beginning(path: str) -> Here:
    """Return where a template begins that no other one includes: in text, or as a script."""
    return Here(SCRIPT) if is_script(path) else Here()


def _extends(record: TemplateRecord) -> r.Extends | None:
    return next((node for node in record.nodes if isinstance(node, r.Extends)), None)


def _rendered_of_child(nodes: Sequence[r.Node]) -> Iterator[r.Node]:
    """Yield what is used of a template that extends another: its outermost blocks, and macros."""
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if isinstance(node, r.Block | r.Macro | r.Set):
            yield node
        elif isinstance(node, r.If | r.With | r.Autoescape | r.For):
            inner = [item for item in r.every_node((node,)) if isinstance(item, r.Block)]
            waiting.extend(reversed(inner))


def _likely_context(block: r.Block) -> Context:
    """Return where a block stands whose parent is not known: markup stands in text."""
    for node in r.every_node(block.body):
        if isinstance(node, r.Text) and _MARKUP.search(node.text):
            return TEXT
    return UNKNOWN
