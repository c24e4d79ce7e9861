"""What the catalogue's files can say, as data; the package tells how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from msgspec import Struct, field


class Passage(Enum):
    """What a function makes of its arguments.

    The value is the name of the table in the catalogue's files.
    """

    TYPED = "typed"
    CONSTANT = "constant"
    CARRIES = "carries"
    ESCAPES = "escapes"
    BROWSER = "browser"
    STORED = "stored"


class Words(Enum):
    """What the name of a member tells by itself; the value is the name of the table."""

    REQUEST = "request"
    REQUEST_METHODS = "request-methods"
    SUBMITTED = "submitted"
    CARRYING = "carrying"
    LATER = "later"
    PACKED = "later-packed"


class SinkKind(Enum):
    """What harm is done with a value; the value is the name of the table."""

    SHELL = "shell"
    CODE = "code"
    UNPICKLED = "unpickled"
    XML = "xml"
    SQL = "sql"
    LDAP_FILTER = "ldap-filter"
    LDAP_NAME = "ldap-name"
    PATH = "path"
    ADDRESS = "address"
    REDIRECT = "redirect"
    TEMPLATE = "template"
    HTML = "html"
    DECOMPRESSED = "decompressed"


class CatalogError(ValueError):
    """A file of the catalogue says something that means nothing."""


class Sink(Struct, frozen=True):
    """A function that does harm with one of its arguments.

    Attributes:
        name: full dotted name; a method's with its class, `paramiko.SSHClient.exec_command`.
        position: of the argument, from 0; -1 where it has none.
        keyword: the argument's name, or an empty text.
        when: keyword arguments and the constants that they must have.
    """

    name: str
    position: int = 0
    keyword: str = ""
    when: tuple[tuple[str, bool | str], ...] = ()

    @property
    def package(self) -> str:
        """The first part of the name."""
        return self.name.partition(".")[0]

    @property
    def word(self) -> str:
        """The name that a call ends with."""
        return self.name.rpartition(".")[2]

    def fits(self, called: str) -> bool:
        """Whether the name of what a call runs means this sink.

        Libraries re-export under several paths: `paramiko.client.SSHClient().exec_command` fits
        `paramiko.SSHClient.exec_command`. A function is no method of what another one returns.
        """
        name = called.replace("()", "")
        package, _, path = self.name.partition(".")
        if name == self.name:
            return True
        is_inside = name.startswith(package + ".") and name.endswith("." + path)
        return is_inside and ("." in path or "()" not in called)


class Handed(Struct, frozen=True):
    """A parameter of a method that a library calls with what was sent, or with what is stored.

    Attributes:
        of: kind of the class: `serializer`, `widget`, `filterset`.
        methods: what the names of its methods begin with; all of them where it is empty.
        parameters: the names of the parameters; where there are none, `position` says which.
        position: of the parameter, from 0, the object itself counted.
        named_by: keyword of a field of the class that names the method: `method="by_title"`.
        typed_by: attribute of the class that names the field which reads it: `field_class = DateField`.
        stored: whether it comes out of storage, and not from the browser.
    """

    of: str
    methods: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    position: int = -1
    named_by: str = ""
    typed_by: str = ""
    stored: bool = False

    def fits(
        self, kinds: frozenset[str], method: str, parameters: Sequence[str], name: str
    ) -> bool:
        """Whether a parameter of a class's method is meant.

        Args:
            kinds: what the class is.
            method: the method's name.
            parameters: the names of all its parameters, in order.
            name: the one that is asked about.
        """
        if self.of not in kinds or not method.startswith(self.methods or ("",)):
            return False
        if self.parameters:
            return name in self.parameters
        return 0 <= self.position < len(parameters) and parameters[self.position] == name


class Entries(Struct, frozen=True):
    """What is known of one library, or what a project says itself."""

    passages: Mapping[str, Passage] = field(default_factory=dict)
    sinks: Mapping[SinkKind, tuple[Sink, ...]] = field(default_factory=dict)
    sanitizers: Mapping[SinkKind, tuple[str, ...]] = field(default_factory=dict)
    methods: frozenset[str] = frozenset()
    words: Mapping[Words, frozenset[str]] = field(default_factory=dict)
    handed: tuple[Handed, ...] = ()
