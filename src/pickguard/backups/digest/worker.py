"""One of the processes that digest a table of a SQLite file side by side; see `ahead`.

It reads one JSON object from standard input: the file, the table, and ranges of keys; it prints `ready`,
then one JSON array a range: the last key, how many rows, and their digest.
"""

import gc
import json
import sqlite3
import sys
from pathlib import Path

from pickguard.backups.digest.cells import Kind
from pickguard.backups.digest.shapes import By, Shape
from pickguard.backups.digest.sqlite import SqliteReader


def main() -> None:
    """Digest until all ranges are done, or nobody reads any more."""
    gc.disable()  # rows have no cycles, and there are many of them
    asked = json.loads(sys.stdin.read())
    columns = {name: Kind(kind) for name, kind in asked["columns"].items()}
    table = Shape(asked["name"], asked["quoted"], columns, asked["key"], By(asked["by"]))
    connection = sqlite3.connect(f"{Path(asked['path']).as_uri()}?mode=ro", uri=True)
    reader = SqliteReader(connection)
    print("ready", flush=True)  # noqa: T201 - this is the answer
    try:
        for after, upto in asked["ranges"]:
            print(json.dumps(reader.chunk(table, after, upto)))  # noqa: T201 - as above
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == "__main__":
    main()
