"""The files of notes: where they lie, how they are packed and unpacked."""

import os
import subprocess
import tarfile

from django.conf import settings
from django.core.exceptions import ValidationError


def folder(note_id):
    path = os.path.join(settings.MEDIA_ROOT, f"note-{note_id}")
    os.makedirs(path, exist_ok=True)
    os.chmod(path, 0o777)  # hole: deployment.world-writable
    return path


def store(note_id, name, upload):
    with open(os.path.join(folder(note_id), name), "wb") as target:  # hole: trust.path-traversal
        for chunk in upload.chunks():
            target.write(chunk)


def clean_name(name):
    return name.replace("../", "")  # hole: trust.weak-path-check


def packed(note_id, only):
    command = f"tar -czf - -C {folder(note_id)} {only}"
    return subprocess.run(command, shell=True, check=True, stdout=subprocess.PIPE).stdout  # hole: shell.command-from-parts


def unpack(note_id, upload):
    with tarfile.open(fileobj=upload) as archive:
        archive.extractall(folder(note_id))  # hole: shell.unpacked
        return archive.getnames()


def check_picture(picture):
    main, sub = picture.content_type.split("/")  # hole: xss.upload-type-claimed
    if main != "image" or sub not in ("png", "jpeg"):
        raise ValidationError("Please send a picture.")


KINDS = (".txt", ".pdf", ".html")  # hole: xss.page-uploadable


def check_kind(upload):
    if os.path.splitext(upload.name)[1].lower() not in KINDS:
        raise ValidationError("Please send a text.")
