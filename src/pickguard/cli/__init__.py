"""The command line: one file a verb, loaded only when the verb is used.

Exit codes: 0 clean, 1 findings at or above the threshold, 2 usage or configuration, 3 nothing to
read, 4 a fault in Pickguard (what could be done is still printed).
"""

from pickguard.cli.entry import main

__all__ = ["main"]
