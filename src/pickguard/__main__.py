"""`python -m pickguard` is `pickguard`.

Python puts the current folder before all others, which is often the project to be read: an `org.py` there, which
the standard library's `copy` asks for, would run. The command `pickguard` looks for nothing there.
"""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from pickguard.cli import main

if __name__ == "__main__":
    main()
