"""Notes that come from elsewhere, and go there."""

import zipfile

from django.http import HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from django.utils._os import safe_join
from django.utils.html import json_script

from notes.models import Note


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
