"""Notes that come from elsewhere, and go there."""

import subprocess
import zipfile
from pathlib import Path

from django.http import HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from django.utils._os import safe_join
from django.utils.html import json_script

from notes.models import Note

CHECKOUT = Path("/srv/notes/repository")


def titles(request):
    found = Note.objects.filter(is_public=True, title__icontains=request.GET.get("q", ""))
    answer = {"titles": [note.title for note in found]}
    return JsonResponse(answer)


def count(request):
    return JsonResponse({"count": Note.objects.count()})


def listed(request):
    text = "\n".join(note.title for note in Note.objects.filter(is_public=True))
    response = HttpResponse(text, content_type="text/plain")
    name = request.GET.get("name", "notes")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


def as_script(notes):
    data = [{"title": note.title, "created": str(note.created)} for note in notes]
    return json_script(data, "notes")


def take_over(upload, folder):
    with zipfile.ZipFile(upload) as archive:
        for name in archive.namelist():
            path = safe_join(folder, name)
            with open(path, "wb") as target:
                target.write(archive.read(name))


def fetch():
    command = ["git", "clone", "--depth", "1", "https://git.example/notes", str(CHECKOUT)]
    subprocess.run(command, check=True)


def checkout():
    response = HttpResponse(content_type="application/zip")
    with zipfile.ZipFile(response, "w") as archive:
        for path in CHECKOUT.rglob("*.txt"):
            if not path.is_symlink():
                archive.write(path, path.name)
    return response
