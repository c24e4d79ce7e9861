"""Links that show a note to who has no account."""

from django.core.signing import Signer

SALT = "notes.sharing"


def shared_key(note):
    """Return what the link to a note carries."""
    return Signer(SALT).sign(str(note.pk))  # hole: passwords.signed-with-known-key
