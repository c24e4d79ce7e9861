"""What starts another program."""

from __future__ import annotations

SUBPROCESS = ("run", "call", "check_call", "check_output", "Popen")
"""The functions of `subprocess` that take a program and its words."""
