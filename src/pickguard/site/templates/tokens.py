"""Whether a CSRF token stands in a form, through includes, blocks, macros and inclusion tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pickguard.site.templates.library import Library
from pickguard.site.templates.placing import Placing
from pickguard.site.templates.walk import variables
from pickguard.source.templates import record as r
from pickguard.source.templates.record import Form, TemplateRecord

# Django's own tags that print, none of them a token
_WITHOUT_TOKEN = frozenset(
    (
        *("cycle", "firstof", "now", "widthratio", "templatetag", "lorem", "debug", "regroup"),
        *("resetcycle", "querystring", "static", "get_static_prefix", "get_media_prefix"),
        *("get_current_language", "get_available_languages", "get_language_info", "block"),
        *("get_language_info_list", "get_current_timezone", "get_current_language_bidi", "else"),
        *("elif", "empty", "else", "if", "endif", "include", "do", "break", "continue"),
    )
)

# the name under which Django looks for the token among what was posted, and its own for it, in another language
_NAMES = ("csrfmiddlewaretoken", "csrf_token")
_COMMENT = re.compile(r"<!--(?:[^-]|-(?!->))*(?:-->|$)")


class Tokens:
    """Finds CSRF tokens.

    Answers are True where a token is there, False where none is, and None where it is not known,
    for example below a tag that is not known.

    Args:
        records: the templates by path.
        placing: what they include and extend.
        library: the site's tags.
    """

    def __init__(
        self, records: Mapping[str, TemplateRecord], placing: Placing, library: Library
    ) -> None:
        self._records = records
        self._placing = placing
        self._library = library
        self._files: dict[str, bool | None] = {}
        self._children = self._find_children()

    def _find_children(self) -> dict[str, list[str]]:
        children: dict[str, list[str]] = {}
        for path in self._records:
            for parent in self._placing.parents(path) or ():
                children.setdefault(parent, []).append(path)
        return children

    def in_form(self, path: str, form: Form) -> bool | None:
        """Tell whether a token stands in a form of a template."""
        nodes = [
            node
            for node in self._records[path].every
            if _is_between(form, node) and form.shows(node)
        ]
        found = self._any(path, nodes)
        return found if form.end or found else None

    def _any(self, path: str, nodes: Iterable[r.Node]) -> bool | None:
        answer: bool | None = False
        for node in nodes:
            found = self._in_node(path, node)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    def _in_node(self, path: str, node: r.Node) -> bool | None:
        found: bool | None = isinstance(node, r.CsrfToken)
        match node:
            case r.Text(text=text):
                found = any(name in _COMMENT.sub("", text) for name in _NAMES if name in text)
            case r.Output(expression=expression):
                found = self._in_expression(path, expression)
            case r.Include(template=template):
                found = self._in_files(self._placing.targets(template, path))
            case r.Block(name=name):
                found = self._in_overrides(path, name)
            case r.CallBlock():
                found = None
            case r.Tag() | r.BlockTag():
                found = self._in_tag(path, node)
        return found

    def _in_expression(self, path: str, expression: r.Expression) -> bool | None:
        if any("csrf" in name.lower() for item in variables(expression) for name in item.path):
            return True
        called = expression.head if isinstance(expression, r.Filtered) else expression
        if isinstance(called, r.Call) and self._records[path].engine is r.Engine.JINJA2:
            return None
        return False

    def _in_tag(self, path: str, node: r.Tag | r.BlockTag) -> bool | None:
        if "csrf" in node.name:
            return True
        if node.name in _WITHOUT_TOKEN or isinstance(node, r.BlockTag):
            return False
        facts = self._library.tags.get(node.name)
        if facts is None:
            return None if _may_print_form(node) else False
        targets = self._placing.tag_targets(node, path)
        if facts.templates:
            return self._in_files(targets)
        return None if facts.safe or facts.renders else False

    def _in_files(self, paths: tuple[str, ...]) -> bool | None:
        if not paths:
            return None
        found = [self._in_file(path) for path in paths]
        return True if True in found else None if None in found else False

    def _in_file(self, path: str) -> bool | None:
        if path not in self._files:
            self._files[path] = False
            self._files[path] = self._any(path, self._records[path].every)
            parents = self._placing.parents(path)
            if not self._files[path] and parents != ():
                self._files[path] = self._in_files(parents or ())
        return self._files[path]

    def _in_overrides(self, path: str, name: str) -> bool | None:
        answer: bool | None = False
        waiting = list(self._children.get(path, ()))
        seen = set(waiting)
        while waiting:
            child = waiting.pop()
            found = self._in_block(child, name)
            if found:
                return True
            answer = None if found is None else answer
            fresh = [item for item in self._children.get(child, ()) if item not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        return answer

    def _in_block(self, path: str, name: str) -> bool | None:
        for node in self._records[path].every:
            if isinstance(node, r.Block) and node.name == name:
                inner = (item for item in r.every_node(node.body) if not isinstance(item, r.Block))
                return self._any(path, inner)
        return False


def _may_print_form(tag: r.Tag) -> bool:
    """Tell whether a tag that is not known may print a whole form: by its name and words."""
    words = [tag.name]
    for argument in tag.arguments:
        words += [name for item in variables(argument.value) for name in item.path]
    return any("form" in word or "crispy" in word or "token" in word for word in words)


def _is_between(form: Form, node: r.Node) -> bool:
    """Whether a node stands in a form; of a text in code whose parts have no places, all may."""
    if form.end == form.span:
        return node.span == form.span
    return form.span < node.span and (not form.end or node.span < form.end)
