"""Signals.

`attempt_refused`: an attempt was refused before its password was hashed. Arguments: `request` (or
None), `account` (hash), `address` (prefix, or None), `limit` (which one), `retry_after` (seconds).

`attempts_unlocked`: somebody unlocked. Arguments: `accounts` (hashes), `address` (hash, or None).
"""

from django.dispatch import Signal

attempt_refused = Signal()
attempts_unlocked = Signal()
