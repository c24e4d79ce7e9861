"""Signatures with a key of a host (Ed25519, RFC 8032): they say which host made something."""

import base64
import binascii
from pathlib import Path

from pickguard.backups.errors import extra
from pickguard.base.errors import UsageError


def sign(message: bytes, path: str) -> str:
    """Sign with the private key of a file.

    Raises:
        UsageError: it is no such key.
    """
    serialization = extra("cryptography.hazmat.primitives.serialization", "backups-sign")
    try:
        key = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
        signature: bytes = key.sign(message)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"cannot sign with it: {error}",
            where=path,
            way_out="Make a key: openssl genpkey -algorithm ed25519 -out FILE",
        ) from error
    return base64.b64encode(signature).decode()


def signed(message: bytes, signature: str, signers: tuple[str, ...]) -> bool:
    """Tell whether one of the known hosts signed a message.

    Raises:
        UsageError: a public key is no key.
    """
    serialization = extra("cryptography.hazmat.primitives.serialization", "backups-sign")
    invalid = extra("cryptography.exceptions", "backups-sign").InvalidSignature
    for text in signers:
        try:
            key = serialization.load_pem_public_key(text.encode())
        except ValueError as error:
            raise UsageError(
                f"no public key in PEM: {text[:30]!r}", where='PICKGUARD_BACKUPS["signers"]'
            ) from error
        try:
            key.verify(base64.b64decode(signature), message)
        except (invalid, binascii.Error, ValueError):
            continue
        return True
    return False
