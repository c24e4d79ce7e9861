"""What runs where `DEBUG` is on is nothing that production does."""

import pytest
from tests.kit.rules import project

from pickguard.base.scales import Confidence
from pickguard.kit.debugging import weighed
from pickguard.kit.rule import Hit, Spot


def confidence(body: str) -> Confidence:
    """Return how sure a hit is at the call of `pay` in a function of these lines."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    made = project(
        {"app/__init__.py": "", "app/a.py": f"from x import settings\ndef f(a):\n{lines}"}
    )
    ((code, _words),) = [
        found for found in made.code(frozenset({"pay"}), list(made.served())) if found[0].function
    ]
    (call,) = code.calls("pay")
    return weighed(code, Hit((Spot("app/a.py", call.span),), "paid", Confidence.HIGH)).confidence


@pytest.mark.parametrize(
    "body",
    [
        "if settings.DEBUG:\n    pay()",
        "if settings.DEBUG and a:\n    log()\n    pay()",
        "if not settings.DEBUG:\n    raise ValueError\nreturn pay()",
        "if settings.DEBUG:\n    if a:\n        pay()\n    log()",
    ],
)
def test_below_a_question_for_debug_nothing_is_sure(body):
    """Below the question, deep or not, and past what refuses everybody else."""
    assert confidence(body) is Confidence.LOW


@pytest.mark.parametrize(
    "body",
    [
        "pay()",
        "if settings.DEBUG:\n    log()\npay()",
        "if settings.DEBUG or a:\n    pay()",
        "if not settings.DEBUG:\n    pay()\n    return",
        "if settings.DEBUG:\n    log()\nelse:\n    pay()",
        "pay()\nif not settings.DEBUG:\n    return",
        "if not settings.DEBUG:\n    log()\npay()",
    ],
)
def test_elsewhere_it_is_as_sure_as_before(body):
    """Beside the question, in the other branch, before a refusal."""
    assert confidence(body) is Confidence.HIGH
