"""Password rules about the generator that all of a process share: who knows its seed knows what comes next."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_none


@code_rule(
    "passwords.shared-random-seeded",
    words=("seed",),
    packages=("random",),
    title="the generator that all share is seeded with a value that others know",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(335, 337),
    severity=Severity.MEDIUM,
    gain="what `random` gives the same process next, to whomever, can be computed from the seed",
    mend="use a generator of its own, `random.Random(value)`; tokens come from `secrets`",
)
def shared_random_seeded(code: Code) -> Iterator[Hit]:
    """Find `random.seed(value)` that nothing takes back."""
    if code.function is None or code.is_of_command:
        return
    calls = [call for call in code.calls("seed") if code.name(call.func) == "random.seed"]
    if any(_is_fresh(call) for call in calls):
        return
    for call in calls:
        seed = argument(call, 0, "a")
        is_told = isinstance(seed, n.Const) or not _is_asked(code)
        yield Hit(
            (code.spot(call),),
            "`random` is seeded for the whole process",
            Confidence.LOW if is_told else Confidence.MEDIUM,
            code.symbol,
        )


def _is_fresh(call: n.Call) -> bool:
    """Whether the generator is seeded by chance: `random.seed()`."""
    seed = argument(call, 0, "a")
    return seed is None or is_none(seed)


def _is_asked(code: Code) -> bool:
    """Whether a page is made there: a view, or a tag of a template."""
    function = code.function
    if function is None:
        return False
    params = {param.name for param in function.node.params}
    return "request" in params or "templatetags" in code.module.name.split(".")
