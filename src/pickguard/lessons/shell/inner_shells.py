"""What a list of arguments hands to `sh -c`, `su -c` or `ssh`, and to `python -c` and its kin."""

import re
from collections.abc import Iterator

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "su", "runuser"})
# Options of `ssh` that are followed by a value
_WITH_VALUE = frozenset(f"-{letter}" for letter in "BbcDEeFIiJLlmOopQRSWw")


def shell_texts(command: n.Sequence) -> Iterator[n.Expr]:
    """Yield what a list of arguments hands to a shell.

    `["docker", "exec", name, "sh", "-c", line]` gives `line`; of `["ssh", host, "cat", path]`, whose
    words `ssh` joins for the shell of the other side, it is `cat` and `path` as one text.
    """
    words = [_name(item) for item in command.items]
    if words and words[0] == "ssh":
        yield from _remote(command, words)
        return
    shell = next((at for at, word in enumerate(words) if word in _SHELLS), None)
    if shell is None:
        return
    for at in range(shell + 1, len(words) - 1):
        if _runs_next(words[at]):
            yield command.items[at + 1]
            return


_INTERPRETERS = re.compile(r"(python|pypy)[\d.]*|perl|ruby|node|nodejs|php")
_CODE_FOLLOWS = frozenset({"-c", "-e", "-E", "-r", "-p", "--eval", "--print"})


def program_texts(command: n.Sequence) -> Iterator[n.Expr]:
    """Yield what a list of arguments has an interpreter run: `[sys.executable, "-c", code]`."""
    items = command.items
    for at, item in enumerate(items):
        name = "python" if tail(item) == "executable" else _name(item)
        if not _INTERPRETERS.fullmatch(name):
            continue
        following = zip(items[at + 1 :], items[at + 2 :], strict=False)
        yield from (code for option, code in following if text(option) in _CODE_FOLLOWS)
        return


def program_files(command: n.Sequence) -> Iterator[n.Expr]:
    """Yield what names the file that an interpreter runs, of a list of arguments: `[sys.executable, path]`."""
    for at, item in enumerate(command.items):
        name = "python" if tail(item) == "executable" else _name(item)
        if not (_INTERPRETERS.fullmatch(name) or name in _SHELLS):
            continue
        named = (one for one in command.items[at + 1 :] if text(one) not in _HARMLESS)
        first = next(named, None)
        if first is not None and text(first) is None:
            yield first
        return


# options before the file that take no value
_HARMLESS = frozenset(
    {"-u", "-B", "-E", "-I", "-O", "-OO", "-s", "-S", "-b", "-q", "-x", "-e", "--"}
)


def _name(item: n.Expr) -> str:
    """Return the name of a program, or an option, without its folder."""
    return (text(item) or "").rpartition("/")[2]


def _runs_next(word: str) -> bool:
    """Whether an option says that a command follows: `-c`, `-lc`, `--command`."""
    return word == "--command" or (word[:1] == "-" and word[1:2] != "-" and word.endswith("c"))


def _remote(command: n.Sequence, words: list[str]) -> Iterator[n.Expr]:
    """Yield what stands behind the host, as the one text that it is there."""
    at = 1
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _WITH_VALUE else 1
    told = command.items[at + 1 :]
    if any(not isinstance(item, n.Const) for item in told):
        parts = tuple(n.Formatted(item.span, item, "", None) for item in told)
        yield n.Joined(told[0].span, parts)
