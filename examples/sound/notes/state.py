"""How the board is."""

import logging
import os

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import JsonResponse
from django.shortcuts import render

from notes.models import Note

logger = logging.getLogger(__name__)

GUIDES = {"mine": "notes/mine.html"}


def health(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.error("the database does not answer: %s", error)
        return JsonResponse({"up": False}, status=503)
    return JsonResponse({"up": True, "release": os.environ.get("RELEASE", "")})


@login_required
def mine(request):
    key = f"own-notes:{request.user.pk}"
    count = cache.get(key)
    if count is None:
        count = Note.objects.filter(owner=request.user).count()
        cache.set(key, count, 300)
    return render(request, "notes/mine.html", {"count": count})


def guide(request):
    return render(request, GUIDES.get(request.GET.get("page"), "notes/mine.html"))
