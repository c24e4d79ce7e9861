"""Notes in the admin."""

from django.contrib import admin
from django.shortcuts import get_object_or_404, redirect
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
        own = path("<int:pk>/publish/", self.admin_site.admin_view(self.publish), name="publish-note")
        return [own, *super().get_urls()]

    def publish(self, request, pk):
        """Show a note to everybody."""
        note = get_object_or_404(Note, pk=pk)
        if request.method == "POST":
            note.is_public = True
            note.save(update_fields=["is_public"])
        return redirect("admin:notes_note_changelist")


admin.site.register(Comment)
