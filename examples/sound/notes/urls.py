"""Addresses of the notes."""

from django.contrib.auth.decorators import login_required
from django.urls import path

from notes import desk, exchange, views
from notes.schemas import NoteSchema
from pickguard.search.views import SearchView

app_name = "notes"
urlpatterns = [
    path("", views.index, name="index"),
    path("browse/", views.browse, name="browse"),
    path("titles/", exchange.titles, name="titles"),
    path("count/", exchange.count, name="count"),
    path("listed/", exchange.listed, name="listed"),
    path("search/", views.search, name="search"),
    path("find/", views.find, name="find"),
    path(
        "find/complete/",
        login_required(SearchView.as_view(schema=NoteSchema)),
        name="complete",
    ),
    path("ranking/", views.ranking, name="ranking"),
    path("matching/", views.matching, name="matching"),
    path("new/", views.edit, name="new"),
    path("preview/", views.preview, name="preview"),
    path("letter/", views.letter, name="letter"),
    path("report/", views.report, name="report"),
    path("embedded/", views.embedded, name="embedded"),
    path("tagged/<str:tag>/", views.tagged, name="tagged"),
    path("titled/", views.titled, name="titled"),
    path("measured/", views.measured, name="measured"),
    path("outline/", views.outline, name="outline"),
    path("<int:pk>/kind/", views.kind, name="kind"),
    path("jot/", views.jot, name="jot"),
    path("<int:pk>/thank/", views.thank, name="thank"),
    path("contact/", views.contact, name="contact"),
    path("total/", views.total, name="total"),
    path("greeting/", views.greeting, name="greeting"),
    path("sent/", views.sent, name="sent"),
    path("search-again/", views.search_again, name="search-again"),
    path("way-back/", views.way_back, name="way-back"),
    path("ruler/", views.ruler, name="ruler"),
    path("<int:pk>/change/", views.change, name="change"),
    path("<int:pk>/", views.detail, name="detail"),
    path("desk/", desk.Desk.as_view(), name="desk"),
    path("overview/", desk.overview, name="overview"),
    path("drafts/", desk.drafts, name="drafts"),
    path("tally/", desk.tally, name="tally"),
    path("<int:pk>/publish/", desk.publish, name="publish"),
    path("<int:pk>/brief/", views.brief, name="brief"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/delete/", views.delete, name="delete"),
    path("<int:pk>/printed/", views.printed, name="printed"),
    path("<int:pk>/hide/", views.hide, name="hide"),
    path("<int:pk>/comment/", views.comment, name="comment"),
    path("comments/<int:pk>/", views.edit_comment, name="edit-comment"),
    path("<int:pk>/upload/", views.upload, name="upload"),
    path("<int:pk>/unpack/", views.unpack, name="unpack"),
    path("<int:pk>/download/", views.download, name="download"),
    path("<int:pk>/export/", views.export, name="export"),
    path("<int:pk>/files/<int:number>/", views.show, name="show"),
    path("<int:pk>/files/<int:number>/drop/", views.drop, name="drop"),
    path("checksum/", views.checksum, name="checksum"),
    path("weigh/", views.weigh, name="weigh"),
    path("pages/", views.pages, name="pages"),
    path("of/<int:owner>/", views.NotesOf.as_view(), name="of"),
]
