"""Reads the templates of a folder with Pickguard and with Django's own lexer and parser.

    python benchmarks/templates.py FOLDER...

Prints CPU seconds and templates a second of each, best of five, in one process with the cyclic
collector off. Django's parser is made to accept tags and filters that it does not know, so that
both read all files. Pickguard's figure includes forms, positions, and the encoded record.
"""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import msgspec
from django.conf import settings
from django.template import Engine as DjangoEngine
from django.template.base import Lexer, Origin, Parser, TextNode, Token
from django.template.library import Library

from pickguard.site.templates import TemplateMap
from pickguard.source.templates import Engine, guess_engine, looks_like_template
from pickguard.source.templates.reader import read_template
from pickguard.source.unreadable import Unreadable

ROUNDS = 5


class AnyTag(dict[str, Any]):
    """Tags, with a tag that prints nothing for each that is not known."""

    def __missing__(self, name: str) -> Callable[..., object]:
        return lambda _parser, _token: TextNode("")


class AnyFilter(dict[str, Any]):
    """Filters, with one that changes nothing for each that is not known."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Callable[..., object]:
        return lambda value, _argument=None: value


class TolerantParser(Parser):
    """Django's parser, for templates whose libraries are not here."""

    def __init__(self, tokens: list[Token], builtins: list[Library]) -> None:
        super().__init__(tokens, builtins=builtins, origin=Origin("page", "page.html"))
        self.tags = AnyTag(self.tags)
        self.filters = AnyFilter(self.filters)
        del self.tags["load"]


def templates(folders: list[str]) -> dict[str, bytes]:
    """Return the Django templates below folders."""
    found = {}
    for folder in map(Path, folders):
        for path in sorted(folder.rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            name = str(path.relative_to(folder))
            if data and looks_like_template(name, data[:2048]) and _is_django(name, data):
                found[f"{folder}/{name}"] = data
    return found


def _is_django(name: str, data: bytes) -> bool:
    try:
        return guess_engine(name, data.decode()) is Engine.DJANGO
    except UnicodeDecodeError:
        return False


def best(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the fastest of several rounds."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def with_django(files: dict[str, bytes]) -> int:
    """Lex and parse with Django; return how many it refuses all the same."""
    builtins = DjangoEngine(
        builtins=[
            "django.templatetags.i18n",
            "django.templatetags.static",
            "django.templatetags.l10n",
        ]
    ).template_builtins
    refused = 0
    for data in files.values():
        try:
            TolerantParser(Lexer(data.decode()).tokenize(), builtins).parse()
        except Exception:  # noqa: BLE001 - counted, whatever it is
            refused += 1
    return refused


def with_pickguard(files: dict[str, bytes]) -> int:
    """Read and encode with Pickguard; return how many it refuses."""
    encode = msgspec.msgpack.Encoder().encode
    refused = 0
    for data in files.values():
        try:
            encode(read_template(data, engine=Engine.DJANGO))
        except Unreadable:
            refused += 1
    return refused


def placed(files: dict[str, bytes]) -> None:
    """Find where in the page every output stands."""
    records = {path: read_template(data, engine=Engine.DJANGO) for path, data in files.items()}
    templates_map = TemplateMap(records)
    for path in records:
        list(templates_map.outputs(path))


def main() -> None:
    """Measure and print."""
    settings.configure(USE_I18N=False)
    django.setup()
    files = templates(sys.argv[1:])
    gc.disable()
    print(f"{len(files)} templates, {sum(map(len, files.values())) / 1e6:.2f} MB")
    refused = (with_django(files), with_pickguard(files))
    times = (best(lambda: with_django(files)), best(lambda: with_pickguard(files)))
    for name, seconds, count in zip(("Django", "Pickguard"), times, refused, strict=True):
        rate = len(files) / seconds
        print(f"{name:10} {seconds:7.3f} s  {rate:7.0f} a second  {count} refused")
    seconds = best(lambda: placed(files))
    print(f"{'and where':10} {seconds:7.3f} s  {len(files) / seconds:7.0f} a second")


if __name__ == "__main__":
    main()
