"""Which lookup of Django each operator is. These are all that a query can ever use."""

from pickguard.query.schemas.fields import Field

# operator → lookup, and whether the condition is then turned into its complement
LOOKUPS = {
    "=": ("__exact", False),
    "!=": ("__exact", True),
    "<": ("__lt", False),
    "<=": ("__lte", False),
    ">": ("__gt", False),
    ">=": ("__gte", False),
    "~": ("__icontains", False),
    "!~": ("__icontains", True),
    "^=": ("__istartswith", False),
    "!^=": ("__istartswith", True),
    "$=": ("__iendswith", False),
    "!$=": ("__iendswith", True),
    "=~": ("__regex", False),
    "!=~": ("__regex", True),
}
POSITIVE = {"!=": "=", "!~": "~", "!^=": "^=", "!$=": "$=", "!=~": "=~", "not in": "in"}
KNOWN = frozenset([*LOOKUPS, "in", "not in", "null"])
# operators after which two fields can be compared
REFERABLE = frozenset(["=", "!=", "<", "<=", ">", ">="])
# operator → the one that asks the same from the other side
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def plain_lookups(
    lookup: str, declared: Field, operators: frozenset[str]
) -> dict[str, tuple[str, bool]]:
    """Return operator → whole lookup and whether it is negated, for a field of the row itself."""
    found = {}
    for operator in operators & LOOKUPS.keys():
        ending, negated = LOOKUPS[operator]
        if ending == "__exact" and declared.ignore_case:
            ending = "__iexact"
        if ending != "__regex":  # a pattern is checked first
            found[operator] = lookup + ending, negated
    return found
