"""The desk of a member: their own notes, at a glance."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.middleware.csrf import get_token
from django.utils.html import format_html
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_cookie
from django.views.generic import ListView

from notes.models import Note


class Desk(LoginRequiredMixin, ListView):
    """The notes of whoever asks."""

    template_name = "notes/index.html"
    context_object_name = "notes"

    def get_queryset(self):
        return Note.objects.filter(owner=self.request.user.pk)


@cache_page(60)
@vary_on_cookie
@login_required
def overview(request):
    return render(request, "notes/index.html", {"notes": Note.objects.filter(owner=request.user)})


@login_required
def farewell(request):
    form = format_html(
        '<form method="post" action="/accounts/logout/">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><button>Leave</button></form>',
        get_token(request),
    )
    return HttpResponse(f"<h1>Goodbye</h1>{form}")


def tally(request):
    if not request.user.is_authenticated:
        return HttpResponseForbidden("Members only.")
    return JsonResponse({"notes": Note.objects.count()})


@require_POST
@login_required
def publish(request, pk):
    note = get_object_or_404(Note, pk=pk)
    if note.owner != request.user:
        return HttpResponseForbidden("Only your own notes.")
    note.is_public = True
    note.save(update_fields=["is_public"])
    return redirect(note)


@login_required
def drafts(request):
    notes = Note.objects.filter(is_public=False)
    notes = notes.filter(owner=request.user)
    return render(request, "notes/index.html", {"notes": notes})
