"""A process that has Django ready and forks a child for each command, so that each is one of its own.

It reads one JSON object a line: `argv` of a management command or `call`, a dotted path with `args`;
`settings` to change; `env`. It answers with the child's process id, and at its end with its code. The
child writes its output to the files that the request names.
"""

import json
import os
import sys
from typing import Any


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.backups.site.settings"
    import django

    django.setup()
    import pickguard.backups.drilling.drill
    import pickguard.backups.making.make
    import pickguard.backups.restoring.restore  # noqa: F401 - ready before the first fork

    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _child(request)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _child(request: dict[str, Any]) -> None:
    code: Any = 70
    try:
        os.setpgid(0, 0)
        for number, name in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
            mode = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            os.dup2(os.open(name, mode), number)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
        os.environ.update(request.get("env", {}))
        code = _run(request)
    except SystemExit as stop:
        code = stop.code
    except BaseException:  # noqa: BLE001 - it is printed for the test
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _run(request: dict[str, Any]) -> int:
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import connections
    from django.utils.module_loading import import_string

    for name, value in request["settings"].items():
        setattr(settings, name, value)
    # a model may have asked for the connections already, when it was made
    for alias in list(connections.settings):
        del connections[alias]
    connections._settings = None
    del connections.settings
    if request.get("prepare"):
        import_string(request["prepare"])()
    if "call" in request:
        print(json.dumps(import_string(request["call"])(*request.get("args", []))))
    else:
        execute_from_command_line(["manage.py", *request["argv"]])
    return 0


if __name__ == "__main__":
    main()
