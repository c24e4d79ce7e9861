"""Links a site from texts, as the tests of the map write them."""

from textwrap import dedent

from pickguard.site.link import Site, link
from pickguard.source.python.reader import read_python


def linked(**files: str) -> Site:
    """Return the site of files given by path, `__` standing for `/`."""
    records = {
        name.replace("__", "/") + ".py": read_python(dedent(text).encode())
        for name, text in files.items()
    }
    return link(records)


def site_of(files: dict[str, str], settings_module: str | None = None) -> Site:
    """Return the site of files given by their real paths."""
    records = {path: read_python(dedent(text).encode()) for path, text in files.items()}
    return link(records, settings_module=settings_module)
