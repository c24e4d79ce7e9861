"""Holds Pickguard's map against what Django itself resolves.

    python benchmarks/surface.py --python VENV/bin/python --settings shop.settings FOLDER...

Projects with settings of their own that install from PyPI, with what they need to be imported:

    label_studio  core.settings.label_studio  --env DJANGO_DB=sqlite --env BASE_DATA_DIR=/tmp/ls
    pretix        pretix.settings             --env DATA_DIR=/tmp/pretix
    nautobot      nautobot.core.settings      --env NAUTOBOT_DB_ENGINE=django.db.backends.sqlite3
                                              --env NAUTOBOT_SECRET_KEY=x
    pretalx       pretalx.settings            --env PRETALX_DATA_DIR=/tmp/pretalx
    netbox        netbox.settings             (with netbox/configuration_testing.py as its
                                              configuration.py)
    pulpcore      pulpcore.app.settings       --env PULP_SETTINGS=settings.py with CONTENT_ORIGIN,
                                              SECRET_KEY, DB_ENCRYPTION_KEY; the addresses of its
                                              viewsets are made while it runs
    byro          byro.settings
    ephios        ephios.settings             --env DEBUG=True --env SECRET_KEY=x and so on
    evap          evap.settings               (a folder `data` beside it; scan it with Python 3.13)

For each folder, `surface_truth.py` imports the project in its own environment and prints routes,
views, exemptions, login requirements, models and form fields. A view that decides by its own code who
may pass is asked for as a stranger, as far as it answers without a database. The map is made from the
files alone.
Both are compared, and every difference is listed. Where the map knows a view and not its address, the
rest is compared by the view. Routes of packages outside the folder are counted
apart: their files are not in the scanned tree.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pickguard.base.config import Config
from pickguard.scan import surface

# Permission classes of DRF that ask for a login at most; the map tells that apart
LOGINS = frozenset({"IsAuthenticated", "AllowAny"})
TRUTH = Path(__file__).with_name("surface_truth.py")


class Score(NamedTuple):
    """How many of a kind agree, and what does not."""

    name: str
    right: int
    total: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        share = f"{self.right / self.total:7.1%}" if self.total else "      -"
        return f"  {self.name:<22}{share}  {self.right} of {self.total}"


def truth(python: str, settings: str, folder: Path, environment: Iterable[str]) -> dict[str, Any]:
    """Return what Django resolves."""
    is_inside = settings.partition(".")[0] == folder.name and not (folder / folder.name).is_dir()
    home = folder.parent if is_inside else folder
    variables = dict(item.split("=", 1) for item in environment)
    # NOTE: to a file, since projects print whatever they like while they are imported
    with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
        command = f'"$0" "$1" > "{out.name}"'
        subprocess.run(
            ["sh", "-c", command, str(Path(python).absolute()), str(TRUTH)],
            env={
                **os.environ,
                "PYTHONPATH": str(home),
                "DJANGO_SETTINGS_MODULE": settings,
                **variables,
            },
            cwd=home,
            check=True,
        )
        text = Path(out.name).read_text("utf-8")
    document: dict[str, Any] = json.loads(text[text.index('{"routes"') :])
    return document


def normalised(route: str) -> str:
    """Return a route without what does not tell routes apart: inner `^`, the language prefix."""
    return re.sub(r"^(en|en-us)/", "", route.replace("^", "").replace("\\Z", "$"))


def compare(ours: dict[str, Any], theirs: dict[str, Any], names: set[str]) -> list[Score]:
    """Return the scores of one project."""
    known: dict[str, dict[str, Any]] = {}
    unplaced: dict[str, dict[str, Any]] = {}
    for route in ours["routes"]:
        if route["route"] is not None:  # the first of a pattern is the one that answers
            known.setdefault(normalised(route["route"]), route)
        elif route["view"]:
            unplaced.setdefault(route["view"], route)
    inside = [
        r for r in theirs["routes"] if _is_inside(r["view"], names) and "format>" not in r["route"]
    ]
    found = [(r, known.get(normalised(r["route"]))) for r in inside]
    anywhere = [(r, mine or unplaced.get(r["view"])) for r, mine in found]
    both = [(r, mine) for r, mine in anywhere if mine is not None]
    return [
        _score("routes", [(mine is not None, r["route"] + "  " + r["view"]) for r, mine in found]),
        _score("  … or the view alone", [(m is not None, r["view"]) for r, m in anywhere]),
        _score(
            "views",
            [(_same_view(r, m), f"{r['route']}: {r['view']} / {m['view']}") for r, m in both],
        ),
        _score(
            "csrf exemptions",
            [
                (
                    m["csrf"] is not None and r["csrf_exempt"] is (not m["csrf"]),
                    f"{r['route']}: {r['csrf_exempt']} / csrf={m['csrf']} {r['view']}",
                )
                for r, m in both
                if not _is_api(m)
            ],
        ),
        _score(
            "login requirements",
            [
                (m["login"] is r["login"], f"{r['route']}: {r['login']} / {m['login']} {r['view']}")
                for r, m in both
                if r["login"] is not None and m["login"] is not None
            ],
        ),
        _score("  … told", [(m["login"] is not None, r["route"]) for r, m in both]),
        _score(
            "permission names",
            [
                (
                    _same_permissions(r, m),
                    f"{r['route']}: {r['permissions']} / {m['permissions']} {r['view']}",
                )
                for r, m in both
                if set(r["permissions"]) - LOGINS or any("." in p for p in m["permissions"])
            ],
        ),
        _forms(ours, theirs),
        _models(ours, theirs),
    ]


def _is_inside(view: str, names: set[str]) -> bool:
    return view.partition(".")[0] in names


def _is_api(ours: dict[str, Any]) -> bool:
    """REST framework's views are always exempt; what counts there is the authentication class."""
    return ours["kind"] in ("api", "viewset")


def _same_view(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    return bool(ours["view"]) and theirs["view"].endswith(ours["view"].rpartition(".")[2])


def _same_permissions(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Whether the map names what Django asks for; it may name own gates beside, but no codenames."""
    told, asked = set(ours["permissions"]), set(theirs["permissions"]) - LOGINS
    return asked <= told and {name for name in told if "." in name} <= asked


def _forms(ours: dict[str, Any], theirs: dict[str, Any]) -> Score:
    cases = []
    for form in ours["forms"]:
        real = theirs["forms"].get(form["form"])
        if real is None:  # beside `manage.py` modules are imported without the folder's own name
            real = theirs["forms"].get(form["form"].partition(".")[2])
        if real is None or form["writes"] is None:
            if real is not None:
                cases += [(False, f"{form['form']}.{name}: not told") for name in real]
            continue
        mine = set(form["writes"])
        for name in sorted(mine | set(real)):
            cases.append(
                (
                    name in mine and name in real,
                    f"{form['form']}.{name}: {'only ours' if name in mine else 'missing'}",
                )
            )
    return _score("writable fields", cases)


def _models(ours: dict[str, Any], theirs: dict[str, Any]) -> Score:
    mine = {m["model"].lower(): {f["name"] for f in m["fields"]} for m in ours["models"]}
    cases = [
        (name in mine[label.lower()], f"{label}.{name}")
        for label, fields in theirs["models"].items()
        if label.lower() in mine
        for name in fields
        if name != "id" and not name.endswith("_ptr")
    ]
    return _score("model fields", cases)


def _score(name: str, cases: list[tuple[bool, str]]) -> Score:
    wrong = tuple(text for right, text in cases if not right)
    return Score(name, len(cases) - len(wrong), len(cases), wrong)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--python", required=True, help="of the project's environment")
    parser.add_argument("--settings", required=True)
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--differences", type=int, default=10, help="how many to list of each kind")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    real = truth(options.python, options.settings, options.folder.absolute(), options.env)
    config = Config(settings=(), exclude=())
    ours = surface(options.folder, config=config, cache=False)
    names = {options.folder.name, *(p.name for p in options.folder.iterdir() if p.is_dir())}
    outside = [r for r in real["routes"] if not _is_inside(r["view"], names)]
    print(
        f"{options.folder.name}: {len(real['routes'])} routes, {len(outside)} of them in other packages"
    )
    for score in compare(ours, real, names):
        print(score)
        for text in score.wrong[: options.differences]:
            print(f"      {text}")


if __name__ == "__main__":
    main()
