"""XSS rules about mails: HTML that is put together by hand."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.code.dollar_forms import FILLS, dollar_form
from pickguard.lessons.xss.code.pieces import holds_markup, says_markup, worst_part
from pickguard.source.python import nodes as n


@code_rule(
    "xss.mail",
    words=("html_message", "attach_alternative", "content_subtype"),
    title="the HTML of a mail is put together with unescaped values",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79,),
    severity=Severity.MEDIUM,
    gain="a stranger decides what a mail in your name looks like, links included",
    mend="render a template, which escapes its values",
)
def mail(code: Code) -> Iterator[Hit]:
    """Find formatted HTML in `html_message`, `attach_alternative`, and messages that are HTML as a whole."""
    for body in _mailed(code):
        origin = worst_part(code, body)
        if origin is not None and _has_markup(code, body):
            yield Hit(
                (code.spot(body),),
                "a value goes into the HTML of a mail unescaped",
                sure(origin, Confidence.MEDIUM),
                code.symbol,
                flow=code.flow(origin, body, "goes into the mail as HTML"),
            )


def _mailed(code: Code) -> Iterator[n.Expr]:
    """Yield what is sent as HTML."""
    for call in code.calls("send_mail", "email_user", "mail_admins", "mail_managers"):
        body = argument(call, -1, "html_message")
        if body is not None:
            yield body
    for call in code.calls("attach_alternative"):
        body = argument(call, 0, "content")
        if body is not None:
            yield body
    for name in _html_messages(code):
        for made in code.assigned(name):
            if isinstance(made, n.Call) and tail(made.func).startswith("Email"):
                yield from (body for body in [argument(made, 1, "body")] if body is not None)


def _html_messages(code: Code) -> Iterator[str]:
    """Yield the names of messages with `message.content_subtype = "html"`."""
    for statement in code.statements if "content_subtype" in code.words else ():
        if isinstance(statement, n.Assign) and text(statement.value) == "html":
            for target in statement.targets:
                if isinstance(target, n.Attr) and target.name == "content_subtype":
                    yield tail(target.value)


def _has_markup(code: Code, node: n.Expr) -> bool:
    values = code.assigned(tail(node)) or [node]
    return any(holds_markup(value) or says_markup(_form(code, value)) for value in values)


def _form(code: Code, value: n.Expr) -> str:
    """Return the constant text, of the module or the class, that `RICH.format(…)` and the like fills."""
    if isinstance(value, n.Call) and tail(value.func) in FILLS:
        return dollar_form(code, value)
    form: n.Expr | None = None
    if isinstance(value, n.Binary) and value.op == "%":
        form = value.left
    elif isinstance(value, n.Call) and isinstance(value.func, n.Attr):
        form = value.func.value if value.func.name in ("format", "format_map") else None
    return (code.body.said(form) if form is not None else None) or ""
