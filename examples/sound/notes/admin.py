"""Notes in the admin."""

from django.contrib import admin

from notes.models import Comment, Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    """Notes with their owners."""

    list_display = ["title", "owner", "is_public", "created"]
    search_fields = ["title"]


admin.site.register(Comment)
