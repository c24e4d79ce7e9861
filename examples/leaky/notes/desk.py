"""The desk of a member: their own notes, at a glance."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_POST
from django.views.generic import ListView

from notes.models import Note


class Desk(ListView, LoginRequiredMixin):  # hole: trust.guard-without-effect
    """The notes of whoever asks."""

    template_name = "notes/index.html"
    context_object_name = "notes"

    def get_queryset(self):
        return Note.objects.filter(owner=self.request.user.pk)


@cache_page(60)  # hole: deployment.private-page-cached
@login_required
def overview(request):
    return render(request, "notes/index.html", {"notes": Note.objects.filter(owner=request.user)})


@login_required
def farewell(request):
    form = '<form method="post" action="/accounts/logout/"><button>Leave</button></form>'  # hole: csrf.form-in-code
    response = HttpResponse(f"<h1>Goodbye</h1>{form}")
    response["X-Frame-Options"] = "ALLOWALL"  # hole: clickjacking.header-undone
    return response


def tally(request):
    if not request.user:  # hole: trust.condition-always-true
        return HttpResponseForbidden("Members only.")
    return JsonResponse({"notes": Note.objects.count()})


@require_POST
@login_required
def publish(request, pk):
    note = get_object_or_404(Note, pk=pk)  # hole: trust.object-without-owner
    if note.owner != request.user:
        HttpResponseForbidden("Only your own notes.")  # hole: trust.refusal-dropped
    note.is_public = True
    note.save(update_fields=["is_public"])
    return redirect(note)


@login_required
def drafts(request):
    notes = Note.objects.filter(is_public=False)
    notes.filter(owner=request.user)  # hole: trust.result-dropped
    return render(request, "notes/index.html", {"notes": notes})
