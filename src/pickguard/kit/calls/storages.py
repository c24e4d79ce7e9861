"""Calls of what is by its name a storage of files: `default_storage.save(name, upload)`."""

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of, tail


def is_of_storage(call: n.Call) -> bool:
    """Whether the name of what a method is called on says that it is a storage."""
    return "storage" in tail(receiver_of(call)).lower()
