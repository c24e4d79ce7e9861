"""Limits of wrong passwords that are counted by what a client says of itself, and begins anew at will."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Severity
from pickguard.kit import Hit, Project, reading, rule
from pickguard.lessons.passwords.logins.spelled_limits import spelled_limits

_SAID = "user_agent"


@rule(
    "passwords.limit-evaded",
    title="whoever guesses passwords resets their count",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(307, 290),
    severity=Severity.MEDIUM,
    gain="a robot sends another name of a browser with every try, and is never locked out",
    mend='lock by what a client cannot choose: `AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]`',
)
def limit_evaded(project: Project) -> Iterator[Hit]:
    """Find settings of django-axes by which a new `User-Agent` has tries of its own, and counts by spelling."""
    yield from spelled_limits(project)
    found = reading(project, "AXES_LOCKOUT_PARAMETERS")
    if found is not None and _counts_by_client(found.value):
        yield found.hit(": each name of a browser has tries of its own")


def _counts_by_client(parameters: object) -> bool:
    """Whether nothing locks but what takes the name of the browser in."""
    if not isinstance(parameters, list | tuple) or not parameters:
        return False
    return all(
        _SAID in one if isinstance(one, list | tuple) else one == _SAID for one in parameters
    )
