"""SQL that tells of a value that Django surely makes a value of Python from it; pure data.

It doubts rather than trusts. What stands in it for the value is `%(expressions)s`, as in the
templates of Django's expressions. A comparison of a whole column with a text that looks like a number
would compare numbers on SQLite, so parts of the text are compared.
"""

_V = "%(expressions)s"
_ANY = "1 = 1"

_INTEGER = f"typeof({_V}) = 'integer'"
_NUMBER = f"typeof({_V}) IN ('integer', 'real')"
_TEXT = f"typeof({_V}) = 'text'"
_BYTES = f"length(CAST({_V} AS BLOB))"
_YEAR = f"substr({_V}, 1, 4) > '0000'"
_WHOLE_SECOND = f"substr({_V}, 1, 19)"
_FRACTION = f"substr({_V}, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]'"
_SQLITE = {
    "IntegerField": _INTEGER,
    "BooleanField": _INTEGER,
    "DurationField": _INTEGER,
    "FloatField": _NUMBER,
    "DecimalField": _NUMBER,
    "UUIDField": (
        # of a text that holds NUL, `length` and GLOB see the beginning
        f"{_TEXT} AND length({_V}) = 32 AND {_BYTES} = 32 AND {_V} NOT GLOB '*[^0-9a-f]*'"
    ),
    "DateField": f"{_TEXT} AND {_BYTES} = 10 AND date({_V}) = {_V} AND {_YEAR}",
    "DateTimeField": (
        f"{_TEXT} AND ({_BYTES} = 19 OR {_BYTES} = 26 AND {_FRACTION}) "
        f"AND datetime({_WHOLE_SECOND}) = {_WHOLE_SECOND} "
        f"AND {_YEAR} AND substr({_V}, 12, 2) < '24'"
    ),
}

_POSTGRESQL = {
    "IntegerField": _ANY,
    "BooleanField": _ANY,
    "FloatField": _ANY,
    "DecimalField": _ANY,
    "UUIDField": _ANY,
    "DateField": f"{_V} BETWEEN '0001-01-01' AND '9999-12-31'",
    "DateTimeField": f"{_V} > '0001-01-02' AND {_V} < '9999-12-31'",
    "TimeField": f"{_V} < '24:00:00'",
    "DurationField": f"{_V} BETWEEN '-100000 days' AND '100000 days'",
}

_DAY = f"YEAR({_V}) > 0 AND MONTH({_V}) > 0 AND DAY({_V}) BETWEEN 1 AND DAY(LAST_DAY({_V}))"
_HEX = "[0-9a-f]"
_MARIADB = {
    "IntegerField": _ANY,
    "BooleanField": _ANY,
    "DurationField": _ANY,
    "FloatField": _ANY,
    "DecimalField": _ANY,
    "UUIDField": (
        f"CHAR_LENGTH({_V}) IN (32, 36) "
        f"AND {_V} REGEXP '^{_HEX}{{8}}-?({_HEX}{{4}}-?){{3}}{_HEX}{{12}}$'"
    ),
    "DateField": _DAY,
    "DateTimeField": _DAY,
}

# by Django's name of the database, and the kind of field
TEMPLATES = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL, "mysql": _MARIADB}
