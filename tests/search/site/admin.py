"""The admin of the site."""

from django.contrib import admin
from tests.query.app.models import Ticket
from tests.search.site.schemas import TicketSchema

from pickguard.search.admin import QueryAdminMixin


@admin.register(Ticket)
class TicketAdmin(QueryAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg,misc]  # as projects do
    """Searches tickets with the language, and plainly by name."""

    query_schema = TicketSchema
    list_display = ["name", "priority", "state"]
    list_filter = ["done"]
    search_fields = ["name"]
    ordering = ["name"]
