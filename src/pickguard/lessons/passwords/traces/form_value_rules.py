"""Password rules about form fields that hold a password when the page comes."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, is_true, tail
from pickguard.source.python import nodes as n


@code_rule(
    "passwords.sent-back",
    words=("render_value",),
    title="a form sends a password back to the browser",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(549, 200),
    severity=Severity.LOW,
    gain="the dots hide it from the eye alone: the page's source, a cache and every script of the page have it",
    mend="leave `render_value` out, and keep the old one where the field comes back empty",
)
def sent_back(code: Code) -> Iterator[Hit]:
    """Find `PasswordInput(render_value=True)`."""
    for call in code.every(n.Call):
        if tail(call.func).endswith("PasswordInput") and is_true(argument(call, 1, "render_value")):
            yield Hit(
                (code.spot(call),),
                "the password that the form knows stands in the page",
                Confidence.MEDIUM,
                code.symbol,
            )
