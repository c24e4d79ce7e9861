"""Notes in the admin."""

from django.contrib import admin
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from notes.models import Comment, Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    """Notes with their owners."""

    list_display = ["title", "owner", "is_public", "created"]
    search_fields = ["title"]

    def get_urls(self):
        own = path("<int:pk>/publish/", self.publish, name="publish-note")  # hole: trust.unwrapped-admin-page
        hide = path("<int:pk>/hide/", self.admin_site.admin_view(self.hide), name="hide-note")
        return [own, hide, *super().get_urls()]

    def publish(self, request, pk):  # hole: trust.open-edit
        """Show a note to everybody."""
        note = get_object_or_404(Note, pk=pk)
        if request.method == "POST":
            note.is_public = True
            note.save(update_fields=["is_public"])
        return redirect("admin:notes_note_changelist")

    def hide(self, request, pk):
        """Take a note away from the public."""
        note = get_object_or_404(Note, pk=pk)  # hole: trust.unasked-admin-page
        if request.method == "POST":
            note.is_public = False
            note.save(update_fields=["is_public"])
        return redirect("admin:notes_note_changelist")


admin.site.register(Comment)
