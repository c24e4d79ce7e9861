"""Notes in the admin."""

from django.contrib import admin
from django.http import JsonResponse
from django.urls import path

from notes.models import Comment, Note


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    """Notes with their owners."""

    list_display = ["title", "owner", "is_public", "created"]
    search_fields = ["title"]

    def get_urls(self):
        own = [path("totals/", self.totals, name="note-totals")]  # hole: trust.admin-page-unguarded
        return own + super().get_urls()

    def totals(self, request):
        return JsonResponse({"notes": Note.objects.count()})


admin.site.register(Comment)
