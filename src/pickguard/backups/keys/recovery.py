"""Recovery keys in age's format (https://age-encryption.org/v1), through pyrage."""

from pathlib import Path
from typing import Any

from pickguard.backups.errors import KeyProblemError, extra
from pickguard.base.errors import UsageError

_LIMIT = 64 * 1024


def recipients(texts: tuple[str, ...]) -> list[Any]:
    """Return public keys, `age1…` or `ssh-…`, as pyrage wants them.

    Raises:
        UsageError: one is no public key.
    """
    if not texts:
        return []
    pyrage = extra("pyrage")
    found = []
    for text in texts:
        kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
        try:
            found.append(kind.Recipient.from_str(text.strip()))
        except pyrage.RecipientError as error:
            raise UsageError(
                f"{text[:24]!r} is no recovery public key ({error})",
                where='PICKGUARD_BACKUPS["recipients"]',
                way_out="A public key begins with `age1` or `ssh-ed25519`; never put a secret key "
                "into settings.",
            ) from error
    return found


def identities(path: str | None) -> list[Any]:
    """Return the secret keys of a file, as `age-keygen` and `ssh-keygen` write it.

    Raises:
        KeyProblemError: the file is missing, unreadable or holds no key.
    """
    if path is None:
        return []
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LIMIT)
    except OSError as error:
        raise KeyProblemError(
            f"the recovery key cannot be read ({error.strerror})", where=path
        ) from error
    found = _ssh(data) if b"PRIVATE KEY" in data else _age(data)
    if not found:
        raise KeyProblemError(
            "the file holds no recovery key",
            where=path,
            way_out="A recovery key is a line that begins with AGE-SECRET-KEY-1.",
        )
    return found


def _age(data: bytes) -> list[Any]:
    pyrage = extra("pyrage")
    found = []
    for line in data.decode("utf-8", "replace").splitlines():
        if line.strip().upper().startswith("AGE-SECRET-KEY-"):
            try:
                found.append(pyrage.x25519.Identity.from_str(line.strip()))
            except pyrage.IdentityError as error:
                raise KeyProblemError(f"the recovery key is damaged ({error})") from error
    return found


def _ssh(data: bytes) -> list[Any]:
    pyrage = extra("pyrage")
    try:
        return [pyrage.ssh.Identity.from_buffer(data)]
    except pyrage.IdentityError as error:
        raise KeyProblemError(f"the recovery key is damaged ({error})") from error


def new_key() -> tuple[str, str]:
    """Return a new pair: the secret key and the public key."""
    pair = extra("pyrage").x25519.Identity.generate()
    return str(pair), str(pair.to_public())
