"""Notes in the admin."""

from django.contrib import admin

from notes.models import Comment, Note
from notes.schemas import OfficeNoteSchema
from pickguard.search.admin import QueryAdminMixin


@admin.register(Note)
class NoteAdmin(QueryAdminMixin, admin.ModelAdmin):
    """Notes with their owners; the search box takes queries."""

    query_schema = OfficeNoteSchema

    list_display = ["title", "owner", "is_public", "created"]
    search_fields = ["title"]


admin.site.register(Comment)
