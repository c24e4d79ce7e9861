"""A limit on login attempts that holds under concurrency, believes no forged address, locks out no victim.

INSTALLED_APPS += ["pickguard.attempts"]
AUTHENTICATION_BACKENDS = ["pickguard.attempts.AttemptsBackend", ...]
MIDDLEWARE += ["pickguard.attempts.AttemptsMiddleware"]
PICKGUARD_ATTEMPTS = {"store": "cache:default", "limits": {"account": "5/15m", ...}}

A place is taken, atomically, before a password is hashed, and given back when it was right.
"""

from pickguard.attempts.backend import AttemptsBackend
from pickguard.attempts.guard import TooManyAttempts, aguard, guard, refusal
from pickguard.attempts.middleware import AttemptsMiddleware

__all__ = [
    "AttemptsBackend",
    "AttemptsMiddleware",
    "TooManyAttempts",
    "aguard",
    "guard",
    "refusal",
]
