"""Notes: reading, writing, searching; their files; what they link to."""

import gzip
import hashlib
import mimetypes
import os
import re
import subprocess
import traceback
from xml.dom import minidom

import requests
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.mail import send_mail
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import F, Func
from django.http import FileResponse, Http404, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template import Context, Template
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django.views.generic import ListView
from jinja2 import DictLoader, Environment

from notes import files
from notes.forms import CommentForm, EditCommentForm, NoteForm
from notes.mail import tell_owner
from notes.models import Attachment, Comment, Note

PAPER = Environment(loader=DictLoader({"note.html": "<h1>{{ note.title }}</h1>"}))  # hole: xss.unescaped-environment


def index(request):
    notes = Note.objects.filter(is_public=True).select_related("owner")
    order = request.GET.get("sort", "-created")
    return render(request, "notes/index.html", {"notes": notes.order_by(order)})  # hole: sql.lookup-from-browser


def browse(request):
    notes = Note.objects.filter(**request.GET.dict())  # hole: sql.lookup-from-browser
    return JsonResponse({"notes": list(notes.values("id", "title"))})


def search(request):
    query = request.GET.get("q", "")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, title FROM notes_note WHERE is_public AND title LIKE '%{query}%'"  # hole: sql.formatted-statement
        )
        found = [{"id": row[0], "title": row[1]} for row in cursor.fetchall()]
    return render(request, "notes/search.html", {"query": query, "found": found})


def ranking(request):
    column = request.GET.get("by", "views")
    notes = Note.objects.raw("SELECT * FROM notes_note WHERE is_public ORDER BY %s DESC" % column)  # hole: sql.formatted-statement
    return JsonResponse({"notes": [note.title for note in notes]})


def titled(request):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM notes_note WHERE is_public AND title = '%s'",  # hole: sql.quoted-placeholder
            [request.GET.get("title", "")],
        )
        return JsonResponse({"notes": [row[0] for row in cursor.fetchall()]})


def measured(request):
    measure = Func(F("body"), function=request.GET.get("by", "LENGTH"))  # hole: sql.function-from-browser
    notes = Note.objects.filter(is_public=True).annotate(measure=measure)
    return JsonResponse({"notes": list(notes.values("title", "measure"))})


def matching(request):
    pattern = request.GET.get("pattern", "")
    titles = Note.objects.filter(is_public=True).values_list("title", flat=True)
    found = [title for title in titles if re.search(pattern, title)]  # hole: deployment.regex-from-browser
    return JsonResponse({"notes": found})


def tagged(request, tag):
    notes = Note.objects.filter(is_public=True).extra(where=[f"body LIKE '%#{tag}%'"])  # hole: sql.formatted-statement
    return JsonResponse({"notes": [note.title for note in notes]})


@login_required
def jot(request):
    if request.method == "POST":
        Note.objects.create(owner_id=request.POST["owner"], title=request.POST["title"])  # hole: trust.owner-from-browser
    return redirect("notes:index")


@login_required
def thank(request, pk):
    if request.method == "POST":
        Comment.objects.get_or_create(note_id=pk, author=request.user, text="Thank you!")  # hole: deployment.made-twice, trust.object-without-owner
    return redirect("notes:detail", pk)


def contact(request):
    if request.method == "POST":
        send_mail(
            "A question",
            request.POST.get("text", ""),
            request.POST.get("from", ""),  # hole: trust.header-from-browser
            ["board@example.org"],
        )
        return redirect("notes:index")
    return render(request, "notes/contact.html")


@login_required
def detail(request, pk):
    note = get_object_or_404(Note, pk=pk)  # hole: trust.object-without-owner
    note.views += 1  # hole: deployment.lost-update
    note.save()
    return render(request, "notes/detail.html", {"note": note, "form": CommentForm()})


@xframe_options_exempt  # hole: clickjacking.exempt-view
@login_required
def edit(request, pk=None):
    note = Note.objects.get(pk=pk) if pk else None  # hole: trust.object-without-owner
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data.setdefault("owner", str(request.user.pk))
        data.setdefault("views", "0")
    form = NoteForm(data, instance=note)
    if request.method == "POST" and form.is_valid():
        return redirect(form.save())
    return render(request, "notes/edit.html", {"form": form})


@login_required
def delete(request, pk):
    Note.objects.filter(pk=pk).delete()  # hole: csrf.write-on-get, trust.object-without-owner
    return redirect("notes:index")


@csrf_exempt  # hole: csrf.exempt-view
@login_required
def comment(request, pk):
    note = get_object_or_404(Note, pk=pk)  # hole: trust.object-without-owner
    form = CommentForm(request.POST)
    if request.method == "POST" and form.is_valid():
        form.instance.note = note
        form.instance.author = request.user
        tell_owner(form.save())
    return redirect(note)


def hide(request, pk):  # hole: trust.open-edit
    note = get_object_or_404(Note, pk=pk)
    if request.method == "POST":
        note.is_public = False
        note.save(update_fields=["is_public"])
    return redirect(note)


def printed(request, pk):
    note = get_object_or_404(Note, pk=pk, is_public=True)
    return HttpResponse(PAPER.get_template("note.html").render(note=note))


@login_required
def edit_comment(request, pk):
    said = get_object_or_404(Comment, pk=pk)  # hole: trust.object-without-owner
    form = EditCommentForm(request.POST or None, instance=said)
    if request.method == "POST" and form.is_valid():
        return redirect(form.save().note)
    return render(request, "notes/edit.html", {"form": form})


@login_required
def upload(request, pk):
    note = get_object_or_404(Note, pk=pk)  # hole: trust.object-without-owner
    upload = request.FILES.get("file")
    if request.method == "POST" and upload:
        name = request.POST.get("name") or upload.name
        if request.POST.get("picture"):
            files.check_picture(upload)
        files.store(note.pk, name, upload)
        if not Attachment.objects.filter(note=note, name=name).exists():  # hole: deployment.checked-then-created
            Attachment.objects.create(note=note, name=name)
    return redirect(note)


@login_required
def unpack(request, pk):
    note = get_object_or_404(Note, pk=pk)  # hole: trust.object-without-owner
    if request.method == "POST" and "archive" in request.FILES:
        for name in files.unpack(note.pk, request.FILES["archive"]):
            Attachment.objects.create(note=note, name=name)
    return redirect(note)


@login_required
def download(request, pk):
    path = files.folder(pk) + "/" + request.GET.get("name", "")
    return FileResponse(open(path, "rb"))  # hole: trust.path-traversal


@login_required
def show(request, pk, number):
    attachment = get_object_or_404(Attachment, pk=number, note=pk)
    content_type, _ = mimetypes.guess_type(attachment.name)
    stored = open(os.path.join(files.folder(pk), attachment.name), "rb")
    return FileResponse(stored, content_type=content_type)  # hole: xss.upload-shown


@login_required
def checksum(request):
    content = request.FILES["file"].read()  # hole: deployment.whole-upload-read
    return HttpResponse(hashlib.sha256(content).hexdigest(), content_type="text/plain")


@login_required
def weigh(request):
    content = gzip.decompress(request.body)  # hole: deployment.unbounded-decompression
    return HttpResponse(len(content), content_type="text/plain")


def pages(request):
    size = int(request.GET.get("size", 20))
    page = Paginator(Note.objects.filter(is_public=True), size).get_page(1)  # hole: deployment.page-size-from-browser
    return JsonResponse({"notes": [note.title for note in page]})


class NotesOf(LoginRequiredMixin, ListView):
    """The notes of one member."""

    template_name = "notes/index.html"
    context_object_name = "notes"

    def get_queryset(self):
        return Note.objects.by_owner(self.kwargs["owner"])  # hole: trust.scope-from-browser


@login_required
def kind(request, pk):
    name = request.GET.get("name", "")
    answer = subprocess.run(["file", "--brief", name], cwd=files.folder(pk), stdout=subprocess.PIPE)  # hole: shell.option-from-browser
    return HttpResponse(answer.stdout, content_type="text/plain")


@login_required
def outline(request):
    document = minidom.parseString(request.body)  # hole: shell.xml-entities
    titles = [item.getAttribute("text") for item in document.getElementsByTagName("outline")]
    return JsonResponse({"titles": titles})


@login_required
def export(request, pk):
    archive = files.packed(pk, request.GET.get("only", "."))
    return HttpResponse(archive, content_type="application/gzip")


@login_required
def preview(request):
    url = request.GET.get("url", "")
    answer = requests.get(url, verify=False)  # hole: trust.ssrf, tls.unverified, deployment.no-timeout
    title = re.search("<title>([^<]*)", answer.text)
    return HttpResponse(f"<p>{title.group(1) if title else url}</p>")  # hole: xss.html-response


@login_required
def letter(request):
    source = request.POST.get("source", "Hello {{ user }}")
    made = Template(source)  # hole: xss.template-from-data
    context = {"user": request.user, "site": settings}  # hole: xss.settings-in-written-template
    return HttpResponse(made.render(Context(context)))


@login_required
def greeting(request):
    text = request.GET.get("text", "Hello {user}")
    return JsonResponse({"text": text.format(user=request.user)})  # hole: shell.format-from-data


@login_required
def sent(request):
    response = HttpResponse()
    response["X-Accel-Redirect"] = "/files/" + request.GET.get("name", "")  # hole: trust.served-path
    return response


def ruler(request):
    width = int(request.GET.get("width", "80"))
    return HttpResponse("-" * width, content_type="text/plain")  # hole: deployment.amount-from-browser


def search_again(request):
    words = request.GET.get("q", "")
    button = format_html("<button onclick=\"search('{}')\">Again</button>", words)  # hole: xss.escaped-out-of-place
    return HttpResponse(button)


def way_back(request):
    link = format_html('<a href="{}">Back</a>', request.GET.get("to", "/"))  # hole: xss.link-from-data
    return HttpResponse(link)


@login_required
@require_POST
def change(request, pk):
    note = get_object_or_404(Note, pk=pk, owner=request.user)
    setattr(note, request.POST["field"], request.POST["value"])  # hole: forms.attribute-from-browser
    note.save()
    return redirect(note)


@login_required
def total(request):
    try:
        return JsonResponse({"total": eval(request.GET.get("sum", "0"))})  # hole: shell.evaluated
    except Exception:
        return HttpResponse(traceback.format_exc(), status=500)  # hole: deployment.traceback-in-response, xss.html-response


@login_required
def report(request):
    make = import_string(request.GET.get("maker", "notes.reports.by_month"))  # hole: shell.imported-by-name
    return JsonResponse({"report": make(Note.objects.filter(owner=request.user))})


def embedded(request):
    if "noticeboard" not in request.META.get("HTTP_REFERER", ""):  # hole: trust.referer
        return HttpResponseForbidden("Only on our own pages.")
    return render(request, "notes/embedded.html", {"notes": Note.objects.filter(is_public=True)[:5]})


@require_POST
@login_required
def drop(request, pk, number):
    note = get_object_or_404(Note, pk=pk, owner=request.user)
    attachment = get_object_or_404(Attachment, pk=number)  # hole: trust.child-of-another
    attachment.delete()
    return redirect(note)


@login_required
def brief(request, pk):
    if "comment" in request.GET:
        said = get_object_or_404(Comment, pk=request.GET["comment"])  # hole: trust.asked-in-one-branch, trust.object-without-owner
    else:
        said = get_object_or_404(Note, pk=pk)
        if said.owner != request.user:
            raise Http404
    return JsonResponse({"brief": str(said)})
