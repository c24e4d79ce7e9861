"""Notes that come from elsewhere, and go there."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

from django.http import HttpResponse
from django.utils.safestring import mark_safe

from notes.models import Note

CHECKOUT = Path("/srv/notes/repository")


def titles(request):
    found = Note.objects.filter(is_public=True, title__icontains=request.GET.get("q", ""))
    answer = {"titles": [note.title for note in found]}
    return HttpResponse(json.dumps(answer))  # hole: xss.json-as-html


def count(request):
    answer = "%s(%d)" % (request.GET["callback"], Note.objects.count())
    return HttpResponse(answer, content_type="application/javascript")  # hole: xss.jsonp-callback


def listed(request):
    text = "\n".join(note.title for note in Note.objects.filter(is_public=True))
    response = HttpResponse(text, content_type="text/plain")
    name = request.GET.get("name", "notes")
    response["Content-Disposition"] = f'attachment; filename="{name}"'  # hole: trust.file-name-in-header
    return response


def as_script(notes):
    data = [{"title": note.title, "created": str(note.created)} for note in notes]
    return mark_safe(json.dumps(data))  # hole: xss.json-marked-safe


def take_over(upload, folder):
    with zipfile.ZipFile(upload) as archive:
        for name in archive.namelist():
            path = os.path.join(folder, name)  # hole: trust.archive-member-path
            with open(path, "wb") as target:
                target.write(archive.read(name))


def fetch():
    command = ["git", "clone", "--depth", "1", "https://git.example/notes", str(CHECKOUT)]
    subprocess.run(command, check=True)


def checkout():
    response = HttpResponse(content_type="application/zip")
    with zipfile.ZipFile(response, "w") as archive:
        for path in CHECKOUT.rglob("*.txt"):
            archive.write(path, path.name)  # hole: trust.link-followed-into-archive
    return response
