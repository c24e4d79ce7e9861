"""The files of notes: how they are stored, packed and unpacked."""

import subprocess
import tarfile
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from notes.models import Attachment

MAX_BYTES = 5_000_000
MAX_FILES = 100


def store(note, upload):
    """Keep an uploaded file."""
    return Attachment.objects.create(note=note, name=upload.name, file=upload)


def clean_name(name):
    """Return the last part of a file's name."""
    return PurePosixPath(name).name


def packed(note):
    """Return the note's files as a compressed archive."""
    names = [attachment.file.name for attachment in note.attachments.all()]
    command = ["tar", "-czf", "-", "-C", str(settings.MEDIA_ROOT), "--", *names]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def unpack(note, upload):
    """Keep the plain files of an archive, up to a limit of size and number."""
    kept = 0
    with tarfile.open(fileobj=upload) as archive:
        for member in archive:
            if not member.isfile() or member.size > MAX_BYTES:
                continue
            kept += 1
            if kept > MAX_FILES:
                break
            name = PurePosixPath(member.name).name
            content = ContentFile(archive.extractfile(member).read(MAX_BYTES), name=name)
            Attachment.objects.create(note=note, name=name, file=content)


def check_picture(picture):
    """Refuse what is no picture by its name, its kind and its beginning."""
    ending = PurePosixPath(picture.name).suffix.lower()
    if ending not in (".png", ".jpg") or picture.content_type not in ("image/png", "image/jpeg"):
        raise ValidationError("Please send a picture.")
    if not picture.read(8).startswith((b"\x89PNG", b"\xff\xd8\xff")):
        raise ValidationError("Please send a picture.")
    picture.seek(0)


def check_kind(upload):
    """Refuse what is neither a text nor a document."""
    if PurePosixPath(upload.name).suffix.lower() not in (".txt", ".pdf"):
        raise ValidationError("Please send a text.")
