"""Notes: reading, writing, searching; their files; what they link to."""

import hashlib
import mimetypes
import re
import subprocess
import zlib
from string import Template
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

import requests
from defusedxml import DefusedXmlException, minidom
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.mail import EmailMessage
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Length, Upper
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django.views.generic import ListView
from jinja2 import DictLoader, Environment

from notes import files, reports
from notes.filters import NoteFilter
from notes.forms import CommentForm, ContactForm, NoteForm
from notes.mail import tell_owner
from notes.models import Attachment, Comment, Note

SORTS = {"newest": "-created", "oldest": "created", "title": "title"}
PAGE = 50
MOST_BYTES = 5_000_000
MEASURES = {"LENGTH": Length("body"), "UPPER": Upper("body")}
MAKERS = {"by_month": reports.by_month, "by_length": reports.by_length}

PAPER = Environment(loader=DictLoader({"note.html": "<h1>{{ note.title }}</h1>"}), autoescape=True)


def index(request):
    order = SORTS.get(request.GET.get("sort"), "-created")
    notes = Note.objects.filter(is_public=True).select_related("owner").order_by(order)
    page = Paginator(notes, PAGE).get_page(request.GET.get("page"))
    return render(request, "notes/index.html", {"notes": page})


def browse(request):
    notes = Note.objects.filter(is_public=True, title__icontains=request.GET.get("title", ""))
    return JsonResponse({"notes": list(notes.values("id", "title")[:PAGE])})


def search(request):
    query = request.GET.get("q", "")
    found = Note.objects.filter(is_public=True, title__icontains=query)[:PAGE]
    return render(request, "notes/search.html", {"query": query, "found": found})


@login_required
def find(request):
    notes = NoteFilter(request.GET, Note.objects.visible_to(request.user), request=request)
    found = notes.qs if notes.is_valid() else Note.objects.none()
    return render(request, "notes/find.html", {"form": notes.form, "found": found})


def ranking(request):
    notes = Note.objects.filter(is_public=True).annotate(said=Count("comments")).order_by("-said")
    return JsonResponse({"notes": [note.title for note in notes[:PAGE]]})


def titled(request):
    notes = Note.objects.filter(is_public=True, title=request.GET.get("title", ""))
    return JsonResponse({"notes": [note.pk for note in notes[:PAGE]]})


def measured(request):
    measure = MEASURES.get(request.GET.get("by"), Length("body"))
    notes = Note.objects.filter(is_public=True).annotate(measure=measure)
    return JsonResponse({"notes": list(notes.values("title", "measure")[:PAGE])})


def matching(request):
    notes = Note.objects.filter(is_public=True, title__icontains=request.GET.get("pattern", ""))
    return JsonResponse({"notes": [note.title for note in notes[:PAGE]]})


def tagged(request, tag):
    notes = Note.objects.filter(is_public=True, body__contains=f"#{tag}")
    return JsonResponse({"notes": [note.title for note in notes[:PAGE]]})


@require_POST
@login_required
def jot(request):
    Note.objects.create(owner=request.user, title=request.POST.get("title", "")[:120])
    return redirect("notes:index")


@require_POST
@login_required
def thank(request, pk):
    with transaction.atomic():
        notes = Note.objects.visible_to(request.user).select_for_update()
        note = get_object_or_404(notes, pk=pk)
        Comment.objects.get_or_create(note=note, author=request.user, text="Thank you!")
    return redirect(note)


def contact(request):
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        EmailMessage(
            "A question",
            form.cleaned_data["text"],
            to=["board@example.org"],
            reply_to=[form.cleaned_data["from_"]],
        ).send()
        return redirect("notes:index")
    return render(request, "notes/contact.html", {"form": form})


@login_required
def detail(request, pk):
    note = get_object_or_404(Note.objects.visible_to(request.user), pk=pk)
    return render(request, "notes/detail.html", {"note": note, "form": CommentForm()})


@login_required
def edit(request, pk=None):
    if pk is None:
        note = Note(owner=request.user)
    else:
        note = get_object_or_404(Note, pk=pk, owner=request.user)
    form = NoteForm(request.POST or None, instance=note)
    if request.method == "POST" and form.is_valid():
        return redirect(form.save())
    return render(request, "notes/edit.html", {"form": form})


@require_POST
@login_required
def delete(request, pk):
    get_object_or_404(Note, pk=pk, owner=request.user).delete()
    return redirect("notes:index")


@require_POST
@login_required
def comment(request, pk):
    note = get_object_or_404(Note.objects.visible_to(request.user), pk=pk)
    form = CommentForm(request.POST)
    if form.is_valid():
        form.instance.note = note
        form.instance.author = request.user
        tell_owner(form.save())
    return redirect(note)


@require_POST
@login_required
def hide(request, pk):
    note = get_object_or_404(Note, pk=pk, owner=request.user)
    note.is_public = False
    note.save(update_fields=["is_public"])
    return redirect(note)


def printed(request, pk):
    note = get_object_or_404(Note, pk=pk, is_public=True)
    return HttpResponse(PAPER.get_template("note.html").render(note=note))


@login_required
def edit_comment(request, pk):
    said = get_object_or_404(Comment, pk=pk, author=request.user)
    form = CommentForm(request.POST or None, instance=said)
    if request.method == "POST" and form.is_valid():
        return redirect(form.save().note)
    return render(request, "notes/edit.html", {"form": form})


@require_POST
@login_required
def upload(request, pk):
    note = get_object_or_404(Note, pk=pk, owner=request.user)
    if "file" in request.FILES:
        if request.POST.get("picture"):
            files.check_picture(request.FILES["file"])
        files.store(note, request.FILES["file"])
    return redirect(note)


@require_POST
@login_required
def unpack(request, pk):
    note = get_object_or_404(Note, pk=pk, owner=request.user)
    if "archive" in request.FILES:
        files.unpack(note, request.FILES["archive"])
    return redirect(note)


@login_required
def download(request, pk):
    note = get_object_or_404(Note.objects.visible_to(request.user), pk=pk)
    attachment = get_object_or_404(note.attachments, name=request.GET.get("name", ""))
    return FileResponse(attachment.file.open("rb"), as_attachment=True, filename=attachment.name)


@login_required
def show(request, pk, number):
    note = get_object_or_404(Note.objects.visible_to(request.user), pk=pk)
    attachment = get_object_or_404(note.attachments, pk=number)
    content_type, _ = mimetypes.guess_type(attachment.name)
    return FileResponse(attachment.file.open("rb"), content_type=content_type, as_attachment=True)


@require_POST
@login_required
def checksum(request):
    digest = hashlib.sha256()
    for chunk in request.FILES["file"].chunks():
        digest.update(chunk)
    return HttpResponse(digest.hexdigest(), content_type="text/plain")


@require_POST
@login_required
def weigh(request):
    content = zlib.decompressobj(wbits=31).decompress(request.body, MOST_BYTES)
    return HttpResponse(len(content), content_type="text/plain")


def pages(request):
    size = min(int(request.GET.get("size", 20)), PAGE)
    page = Paginator(Note.objects.filter(is_public=True), size).get_page(1)
    return JsonResponse({"notes": [note.title for note in page]})


class NotesOf(LoginRequiredMixin, ListView):
    """The notes of one member that the visitor may see."""

    template_name = "notes/index.html"
    context_object_name = "notes"

    def get_queryset(self):
        return Note.objects.visible_to(self.request.user).filter(owner=self.kwargs["owner"])


@login_required
def kind(request, pk):
    note = get_object_or_404(Note.objects.visible_to(request.user), pk=pk)
    attachment = get_object_or_404(note.attachments, name=request.GET.get("name", ""))
    answer = subprocess.run(
        ["file", "--brief", "--", attachment.file.path], check=False, stdout=subprocess.PIPE
    )
    return HttpResponse(answer.stdout, content_type="text/plain")


@login_required
def outline(request):
    try:
        document = minidom.parseString(request.body)
    except (DefusedXmlException, ExpatError):
        return HttpResponseBadRequest("This is no outline.")
    titles = [item.getAttribute("text") for item in document.getElementsByTagName("outline")]
    return JsonResponse({"titles": titles})


@login_required
def export(request, pk):
    note = get_object_or_404(Note.objects.visible_to(request.user), pk=pk)
    response = HttpResponse(files.packed(note), content_type="application/gzip")
    response["Content-Disposition"] = "attachment"
    return response


@login_required
def preview(request):
    url = urlsplit(request.GET.get("url", ""))
    if url.scheme != "https" or url.hostname not in settings.PREVIEW_HOSTS:
        return HttpResponseBadRequest("This site is not previewed.")
    answer = requests.get(url.geturl(), timeout=5, allow_redirects=False)
    title = re.search("<title>([^<]*)", answer.text)
    context = {"title": title.group(1) if title else url.hostname}
    return render(request, "notes/preview.html", context)


@login_required
def letter(request):
    context = {"user": request.user, "text": request.POST.get("text", "")}
    return render(request, "notes/letter.html", context)


@login_required
def greeting(request):
    text = Template(request.GET.get("text", "Hello $user"))
    return JsonResponse({"text": text.safe_substitute(user=request.user.get_username())})


@login_required
def sent(request):
    notes = Note.objects.visible_to(request.user)
    attachment = get_object_or_404(Attachment, note__in=notes, pk=request.GET.get("pk"))
    response = HttpResponse()
    response["X-Accel-Redirect"] = "/files/" + attachment.file.name
    return response


def ruler(request):
    try:
        width = min(int(request.GET.get("width", "80")), 200)
    except ValueError:
        return HttpResponseBadRequest("Only whole numbers.")
    return HttpResponse("-" * width, content_type="text/plain")


def search_again(request):
    words = request.GET.get("q", "")
    button = format_html('<button data-words="{}" class="again">Again</button>', words)
    return HttpResponse(button)


def way_back(request):
    address = request.GET.get("to", "/")
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        address = "/"
    return HttpResponse(format_html('<a href="{}">Back</a>', address))


@login_required
@require_POST
def change(request, pk):
    note = get_object_or_404(Note, pk=pk, owner=request.user)
    field = request.POST.get("field", "")
    if field not in ("title", "body"):
        return HttpResponseBadRequest("No such field.")
    setattr(note, field, request.POST.get("value", ""))
    note.full_clean()
    note.save()
    return redirect(note)


@login_required
def total(request):
    try:
        numbers = [int(part) for part in request.GET.get("sum", "0").split("+")]
    except ValueError:
        return HttpResponseBadRequest("Only sums of whole numbers.")
    return JsonResponse({"total": sum(numbers)})


@login_required
def report(request):
    make = MAKERS.get(request.GET.get("maker"), reports.by_month)
    return JsonResponse({"report": make(Note.objects.filter(owner=request.user))})


def embedded(request):
    return render(request, "notes/embedded.html", {"notes": Note.objects.filter(is_public=True)[:5]})


@require_POST
@login_required
def drop(request, pk, number):
    note = get_object_or_404(Note, pk=pk, owner=request.user)
    attachment = get_object_or_404(note.attachments, pk=number)
    attachment.delete()
    return redirect(note)


@login_required
def brief(request, pk):
    if "comment" in request.GET:
        said = get_object_or_404(Comment, pk=request.GET["comment"], author=request.user)
    else:
        said = get_object_or_404(Note, pk=pk)
        if said.owner != request.user:
            raise Http404
    return JsonResponse({"brief": str(said)})
