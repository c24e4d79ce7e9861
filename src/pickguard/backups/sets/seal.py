"""Proves that a manifest is the one that was made with the data.

The seal is a few bytes encrypted like the data: the name of the set and the digest of the manifest.
Whoever can write to the storage, but was never told the recovery public keys, can make no other. A
signature (Ed25519, RFC 8032) with a key of the host says besides which host made it.
"""

import base64
import binascii
from io import BytesIO
from typing import Any

import msgspec

from pickguard.backups.errors import DamagedError, KeyProblemError, extra
from pickguard.backups.keys import signing
from pickguard.backups.sets import manifest as manifests
from pickguard.backups.sets.manifest import Manifest, Seal


def sealed(manifest: Manifest, recipients: list[Any], sign_key: str | None) -> Manifest:
    """Return the manifest with seal, and signature where there is a key."""
    digest = manifests.digest(manifest)
    data = msgspec.json.encode(Seal(manifest.name, digest))
    if recipients:
        target = BytesIO()
        extra("pyrage").encrypt_io(BytesIO(data), target, recipients)
        data = target.getvalue()
    signature = signing.sign(digest.encode(), sign_key) if sign_key else None
    return msgspec.structs.replace(
        manifest, seal=base64.b64encode(data).decode(), signature=signature
    )


def prove(manifest: Manifest, identities: list[Any]) -> None:
    """Check the seal.

    Raises:
        KeyProblemError: there is no key, or it does not open the seal.
        DamagedError: the manifest is not the one that was sealed.
    """
    try:
        data = base64.b64decode(manifest.seal, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if base64.b64encode(data).decode() != manifest.seal:
        raise DamagedError("the seal of the manifest is damaged", where=manifest.name)
    if manifest.encrypted:
        data = _opened(data, manifest.name, identities)
    try:
        seal = msgspec.json.decode(data, type=Seal)
    except msgspec.DecodeError:
        raise DamagedError("the seal of the manifest is damaged", where=manifest.name) from None
    if msgspec.json.encode(seal) != data:
        raise DamagedError("the seal of the manifest is damaged", where=manifest.name)
    if (seal.name, seal.manifest) != (manifest.name, manifests.digest(manifest)):
        raise DamagedError("the manifest was altered after it was sealed", where=manifest.name)


def _opened(data: bytes, name: str, identities: list[Any]) -> bytes:
    if not identities:
        raise KeyProblemError(
            "the backup is encrypted and no recovery key was given",
            where=name,
            way_out="Name the file that holds it: --identity FILE",
        )
    target = BytesIO()
    try:
        extra("pyrage").decrypt_io(BytesIO(data), target, identities)
    except Exception as error:
        if "No matching keys" in str(error):
            raise KeyProblemError(
                "the recovery key does not open the backup, or its seal is damaged",
                where=name,
                way_out="Name the file of a key that it was encrypted to: --identity FILE",
            ) from error
        raise DamagedError(f"the seal of the manifest is damaged: {error}", where=name) from error
    return target.getvalue()


def check_signature(manifest: Manifest, signers: tuple[str, ...]) -> None:
    """Check that one of the known hosts signed a manifest; without known hosts, nothing.

    Raises:
        DamagedError: none did.
        UsageError: a public key is no key.
    """
    message = manifests.digest(manifest).encode()
    if signers and not signing.signed(message, manifest.signature or "", signers):
        raise DamagedError("no host that you trust signed the manifest", where=manifest.name)
