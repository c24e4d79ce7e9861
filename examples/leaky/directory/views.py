"""Looking up colleagues."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
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
    return render(request, "directory/person.html", {"person": found})
