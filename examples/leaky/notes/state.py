"""How the board is."""

import os

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.shortcuts import render

from notes.models import Note


def health(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return JsonResponse({"up": False, "why": str(error)}, status=503)  # hole: deployment.error-in-response
    return JsonResponse({"up": True, "environment": dict(os.environ)})  # hole: deployment.secrets-in-answer


@login_required
def mine(request):
    count = cache.get("own-notes")
    if count is None:
        count = Note.objects.filter(owner=request.user).count()
        cache.set("own-notes", count, 300)  # hole: deployment.private-value-cached
    return render(request, "notes/mine.html", {"count": count})


def guide(request):
    return render(request, request.GET.get("page", "notes/mine.html"))  # hole: trust.template-from-browser
