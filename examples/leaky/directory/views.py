"""Looking up colleagues."""

import csv

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render

from directory import client


@login_required
def lookup(request):
    name = request.GET.get("name", "")
    people = client.find(name) if name else []
    return render(request, "directory/lookup.html", {"name": name, "people": people})


@login_required
def person(request, uid):
    found = client.person(uid)
    if found is None:
        raise Http404
    context = {"person": found, "dialler_secret": settings.DIALLER_SECRET}
    return render(request, "directory/person.html", context)


@login_required
def card(request, uid):
    found = client.person(uid)
    if found is None:
        raise Http404
    lines = ["BEGIN:VCARD", "VERSION:4.0", f"FN:{found['cn'][0]}", "END:VCARD", ""]
    return HttpResponse("\r\n".join(lines), content_type="text/vcard")


@login_required
def phones(request):
    people = client.everybody()
    return JsonResponse({person["cn"][0]: person["telephoneNumber"] for person in people})


def export(request):  # hole: trust.odd-one-out
    response = HttpResponse(content_type="text/csv")
    table = csv.writer(response)
    for person in client.everybody():
        table.writerow([person["cn"][0], person["mail"][0]])
    return response
