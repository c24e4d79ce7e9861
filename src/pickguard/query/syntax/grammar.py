"""The language, written for PLY: what a token looks like, and the productions.

`make grammar` turns this into the tables of `_tables.py`; PLY itself is not needed to run them.
Each production calls its function with the parts in `p[1:]` and takes the result from `p[0]`.
The functions build nodes, and decide nothing that needs a schema.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from pickguard.query.syntax.errors import Problem, QueryError
from pickguard.query.syntax.nodes import (
    END,
    FORM,
    MOMENTS,
    START,
    TEXT,
    Absence,
    And,
    Choice,
    Comparison,
    Counting,
    Expression,
    FreeText,
    Key,
    Literal,
    Membership,
    Moment,
    Not,
    Or,
    Path,
    Range,
    Reference,
    Scope,
    Token,
    Tree,
)

# --- tokens, tried in this order at each position -----------------------------------------------

t_NAME = r"(?!\d)\w+(?:\.(?!\d)\w+)*|`[^`\n]+`"
t_OP = r"=[=~]?|<[=>]?|>=?|!=~?|!?(?:~|\^=|\$=)"
t_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"' + r"|'[^'\\]*(?:\\.[^'\\]*)*'"
t_LPAREN = r"\("
t_RPAREN = r"\)"
t_COMMA = r","
t_LBRACKET = r"\["
t_RBRACKET = r"\]"
t_DATETIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?(?!\w)"
)
t_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?!\w)"
t_SLASHED = r"[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}(?!\w)"
t_DOTTED = r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}(?!\w)"
t_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?!\w)"
t_DURATION = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|min|s|h|d|w))+(?!\w)"
t_SHIFT = r"[+-]\s*(?:[0-9]+(?:\.[0-9]+)?(?:ms|min|s|h|d|w))+(?!\w)"
t_DECIMAL = r"[+-]?[0-9]+\.[0-9]+(?!\w)"
t_INTEGER = r"[+-]?[0-9]+(?!\w)"
t_RANGE = r"\.\."
t_MINUS = r"-"
# several words that are one token, looked for where a name starts like one of them
t_PHRASE = (
    r"(?i:is\s+(?:not\s+)?(?:null|empty)|not\s+in|order\s+by|limit(?=\s+[0-9])|count(?=\s*\()"
    r"|(?:this|last|next)\s+(?:day|week|month|quarter|year))(?!\w)"
)

# --- what the parser sees of them ---------------------------------------------------------------

VALUE_FORMS = {
    "DATETIME": "datetime",
    "DATE": "date",
    "SLASHED": "slashed",
    "DOTTED": "dotted",
    "TIME": "time",
    "DURATION": "duration",
    "DECIMAL": "decimal",
    "INTEGER": "integer",
}
KEYWORDS = {
    "and": "AND",
    "or": "OR",
    "not": "NOT",
    "in": "IN",
    "null": "NULL",
    "true": "VALUE",
    "false": "VALUE",
    "any": "QUANTIFIER",
    "all": "QUANTIFIER",
    "none": "QUANTIFIER",
}
tokens = (
    "NAME",
    "STRING",
    "VALUE",
    "SHIFT",
    "PERIOD",
    "NULL",
    "OP",
    "IN",
    "NOT_IN",
    "IS",
    "AND",
    "OR",
    "NOT",
    "QUANTIFIER",
    "COUNT",
    "LPAREN",
    "RPAREN",
    "LBRACKET",
    "RBRACKET",
    "COMMA",
    "RANGE",
    "ORDER_BY",
    "LIMIT",
    "MINUS",
)
precedence = (("left", "OR"), ("left", "AND"), ("right", "NOT"))
start = "query"

Parts: TypeAlias = list[Any]
Action: TypeAlias = Callable[[Parts], None]
ASCENDING, DESCENDING = False, True
SAME_OPERATOR = {"==": "=", "<>": "!="}
_new = tuple.__new__  # of a node with all its fields, the cheapest way to make one


def production(text: str) -> Callable[[Action], Action]:
    """Give a function its production, where `python -OO` does not strip it."""

    def decorate(function: Action) -> Action:
        function.__doc__ = text
        return function

    return decorate


class Growing(list[Expression]):
    """An `and` or `or` that is still being read: appending is cheaper than a new tuple."""

    __slots__ = ()
    joiner: type[And] | type[Or]


class GrowingAnd(Growing):
    """An `and` that is still being read."""

    __slots__ = ()
    joiner = And


class GrowingOr(Growing):
    """An `or` that is still being read."""

    __slots__ = ()
    joiner = Or


_GROWING = (GrowingAnd, GrowingOr)


def sealed(part: Any) -> Any:
    """Return a finished node."""
    if type(part) in _GROWING:
        return _new(part.joiner, (tuple(part), part[0][-2], part[-1][-1]))
    return part


def joined(growing: type[Growing], left: Any, right: Any) -> Growing:
    """Return an `and` or `or` with one more term; one in parentheses of the same kind dissolves."""
    joiner = growing.joiner
    if type(left) is not growing:
        left = sealed(left)
        left = growing(left[0] if type(left) is joiner else (left,))
    right = sealed(right)
    if type(right) is joiner:
        left.extend(right[0])
    else:
        left.append(right)
    return left  # type: ignore[no-any-return]  # parts are untyped


def plain(token: Token) -> str:
    """Return a name as paths hold it: dots only, no backticks."""
    text = token[1]
    if text[0] == "`":
        text = text[1:-1]
    return text.replace("__", ".") if "__" in text else text


# --- productions --------------------------------------------------------------------------------


@production("query : expr")
def p_query_where(p: Parts) -> None:
    where = sealed(p[1])
    p[0] = _new(Tree, (where, (), None, where[-2], where[-1]))


@production("query : expr tail")
def p_query_where_tail(p: Parts) -> None:
    where = sealed(p[1])
    p[0] = p[2]._replace(where=where, start=where.start)


@production("query : tail")
def p_query_tail(p: Parts) -> None:
    p[0] = p[1]


@production("query : ")
def p_query_empty(p: Parts) -> None:
    p[0] = Tree(None)


@production("tail : order")
def p_tail_order(p: Parts) -> None:
    keys = p[1]
    p[0] = Tree(None, tuple(keys), None, keys[0].start, keys[-1].end)


@production("tail : order limit")
def p_tail_order_limit(p: Parts) -> None:
    keys = p[1]
    p[0] = Tree(None, tuple(keys), p[2], keys[0].start, p[2].end)


@production("tail : limit")
def p_tail_limit(p: Parts) -> None:
    p[0] = Tree(None, (), p[1], p[1].start, p[1].end)


@production("limit : LIMIT VALUE")
def p_limit(p: Parts) -> None:
    p[0] = Literal(*p[2])


@production("order : ORDER_BY key")
def p_order_first(p: Parts) -> None:
    p[0] = [p[2]]


@production("order : order COMMA key")
def p_order_next(p: Parts) -> None:
    p[1].append(p[3])
    p[0] = p[1]


@production("key : NAME")
def p_key(p: Parts) -> None:
    p[0] = Key(plain(p[1]), ASCENDING, p[1][START], p[1][END])


@production("key : MINUS NAME")
def p_key_minus(p: Parts) -> None:
    p[0] = Key(plain(p[2]), DESCENDING, p[1][START], p[2][END])


@production("key : NAME NAME")
def p_key_word(p: Parts) -> None:
    _, text, start, end = p[2]
    if text.lower() not in ("asc", "desc"):
        raise QueryError.of(Problem("order-word", start, end, found=text))
    p[0] = Key(plain(p[1]), text.lower() == "desc", p[1][START], end)


@production("expr : expr AND expr")
def p_expr_and(p: Parts) -> None:
    p[0] = joined(GrowingAnd, p[1], p[3])


@production("expr : expr OR expr")
def p_expr_or(p: Parts) -> None:
    p[0] = joined(GrowingOr, p[1], p[3])


@production("expr : NOT expr")
def p_expr_not(p: Parts) -> None:
    item = sealed(p[2])
    p[0] = Not(item, p[1][START], item.end)


@production("expr : LPAREN expr RPAREN")
def p_expr_parentheses(p: Parts) -> None:
    p[0] = sealed(p[2])._replace(start=p[1][START], end=p[3][END])


@production("expr : STRING")
def p_expr_text(p: Parts) -> None:
    p[0] = FreeText(*p[1][TEXT:])


@production("""expr : NAME OP STRING
                    | NAME OP VALUE""")
def p_expr_plain(p: Parts) -> None:
    # what most conditions are: one step instead of two
    _, name, operator, value = p
    text, start, end = name[1], name[2], value[3]
    if not text.isalnum():
        text = plain(name)
    path = _new(Path, (text, None, None, start, name[3]))
    sign = operator[1]
    p[0] = _new(Comparison, (path, SAME_OPERATOR.get(sign, sign), _new(Literal, value), start, end))


@production("""expr : subject OP STRING
                    | subject OP VALUE""")
def p_expr_literal(p: Parts) -> None:
    value = Literal(*p[3])
    operator = SAME_OPERATOR.get(p[2][TEXT], p[2][TEXT])
    p[0] = Comparison(p[1], operator, value, p[1].start, value.end)


@production("expr : NAME OP operand")
def p_expr_plain_operand(p: Parts) -> None:
    operator = SAME_OPERATOR.get(p[2][TEXT], p[2][TEXT])
    path = Path(plain(p[1]), None, None, p[1][START], p[1][END])
    p[0] = Comparison(path, operator, p[3], path.start, p[3].end)


@production("expr : subject OP operand")
def p_expr_operand(p: Parts) -> None:
    operator = SAME_OPERATOR.get(p[2][TEXT], p[2][TEXT])
    p[0] = Comparison(p[1], operator, p[3], p[1].start, p[3].end)


@production("""expr : path IN choice
                    | path NOT_IN choice""")
def p_expr_in(p: Parts) -> None:
    p[0] = Membership(p[1], p[2][FORM] == "NOT_IN", p[3], p[1].start, p[3].end)


@production("expr : path IS")
def p_expr_is(p: Parts) -> None:
    p[0] = Absence(p[1], p[2][TEXT], p[1].start, p[2][END])


@production("expr : path scope")
def p_expr_scope(p: Parts) -> None:
    p[0] = Scope(p[1], p[2][0], p[1].start, p[2][1])


@production("expr : count OP item")
def p_expr_count(p: Parts) -> None:
    operator = SAME_OPERATOR.get(p[2][TEXT], p[2][TEXT])
    p[0] = Counting(p[1], operator, p[3], p[1].start, p[3].end)


@production("""expr : count IN choice
                    | count NOT_IN choice""")
def p_expr_count_in(p: Parts) -> None:
    operator = "not in" if p[2][FORM] == "NOT_IN" else "in"
    p[0] = Counting(p[1], operator, p[3], p[1].start, p[3].end)


@production("count : COUNT LPAREN path RPAREN")
def p_count(p: Parts) -> None:
    p[0] = Scope(p[3], None, p[1][START], p[4][END])


@production("count : COUNT LPAREN path scope RPAREN")
def p_count_scope(p: Parts) -> None:
    p[0] = Scope(p[3], p[4][0], p[1][START], p[5][END])


@production("""scope : LBRACKET RBRACKET
                     | LBRACKET NOT NULL RBRACKET""")
def p_scope_any(p: Parts) -> None:
    p[0] = (None, p[len(p) - 1][END])


@production("scope : LBRACKET expr RBRACKET")
def p_scope(p: Parts) -> None:
    p[0] = (sealed(p[2]), p[3][END])


@production("path : NAME")
def p_path(p: Parts) -> None:
    p[0] = Path(plain(p[1]), None, None, p[1][START], p[1][END])


@production("subject : NAME NAME")
def p_subject_word(p: Parts) -> None:
    p[0] = Path(plain(p[2]), plain(p[1]), None, p[1][START], p[2][END])


@production("subject : QUANTIFIER NAME")
def p_subject_quantifier(p: Parts) -> None:
    p[0] = Path(plain(p[2]), None, p[1][TEXT].lower(), p[1][START], p[2][END])


@production("subject : QUANTIFIER NAME NAME")
def p_subject_quantifier_word(p: Parts) -> None:
    p[0] = Path(plain(p[3]), plain(p[2]), p[1][TEXT].lower(), p[1][START], p[3][END])


@production("path : subject")
def p_path_subject(p: Parts) -> None:
    p[0] = p[1]


@production("choice : LPAREN items RPAREN")
def p_choice(p: Parts) -> None:
    p[0] = Choice(tuple(p[2]), p[1][START], p[3][END])


@production("choice : item RANGE item")
def p_choice_range(p: Parts) -> None:
    p[0] = Range(p[1], p[3], p[1].start, p[3].end)


@production("choice : PERIOD")
def p_choice_period(p: Parts) -> None:
    _, text, start, end = p[1]
    moment = Moment(text, None, start, end)
    p[0] = Choice((moment,), moment.start, moment.end)


@production("items : item")
def p_items_first(p: Parts) -> None:
    p[0] = [p[1]]


@production("items : items COMMA item")
def p_items_next(p: Parts) -> None:
    p[1].append(p[3])
    p[0] = p[1]


@production("""item : STRING
                    | VALUE""")
def p_item_literal(p: Parts) -> None:
    p[0] = Literal(*p[1])


@production("item : operand")
def p_item_operand(p: Parts) -> None:
    p[0] = p[1]


@production("operand : NAME")
def p_operand_name(p: Parts) -> None:
    _, text, start, end = p[1]
    p[0] = (
        Moment(text.lower(), None, start, end)
        if text.lower() in MOMENTS
        else Reference(plain(p[1]), start, end)
    )


@production("operand : NAME SHIFT")
def p_operand_shifted(p: Parts) -> None:
    _, text, start, _ = p[1]
    _, shift, _, end = p[2]
    if text.lower() not in MOMENTS:
        raise QueryError.of(Problem("shifted-field", start, end, found=text))
    p[0] = Moment(text.lower(), "".join(shift.split()), start, end)


@production("operand : PERIOD")
def p_operand_period(p: Parts) -> None:
    _, text, start, end = p[1]
    p[0] = Moment(text, None, start, end)


@production("operand : SHIFT")
def p_operand_duration(p: Parts) -> None:
    _, text, start, end = p[1]
    p[0] = Literal("duration", "".join(text.split()), start, end)


@production("operand : NULL")
def p_operand_null(p: Parts) -> None:
    p[0] = Literal("null", "null", p[1][START], p[1][END])


PRODUCTIONS: dict[str, Action] = {
    name: function for name, function in globals().items() if name.startswith("p_")
}


def p_error(token: Any) -> None:
    """Stop PLY's own parser, which only a test runs, at a token that can't stand there."""
    raise SyntaxError(token)
