"""Notes in the admin."""

from django.contrib import admin
from django.http import JsonResponse
from django.urls import path

from notes.models import Comment, Note
from notes.schemas import OfficeNoteSchema
from pickguard.search.admin import QueryAdminMixin


@admin.register(Note)
class NoteAdmin(QueryAdminMixin, admin.ModelAdmin):
    """Notes with their owners; the search box takes queries."""

    query_schema = OfficeNoteSchema

    list_display = ["title", "owner", "is_public", "created"]
    search_fields = ["title"]

    def get_urls(self):
        own = [path("totals/", self.admin_site.admin_view(self.totals), name="note-totals")]
        return own + super().get_urls()

    def totals(self, request):
        return JsonResponse({"notes": Note.objects.count()})


admin.site.register(Comment)
