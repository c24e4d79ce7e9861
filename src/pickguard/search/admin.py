"""The query language in the admin's search box: completion, highlighting, errors, saved queries.

@admin.register(Ticket)
class TicketAdmin(QueryAdminMixin, admin.ModelAdmin):
query_schema = TicketSchema
search_fields = ["name"]        # for the switch back to plain search
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from pickguard.query import QueryError, Schema
from pickguard.search.forms import element
from pickguard.search.models import SavedQuery
from pickguard.search.views import answer, cursor_of

_PLAIN = "pickguard_plain_search"


class QueryAdminMixin:
    """Put before ModelAdmin; needs `query_schema`."""

    query_schema: type[Schema]
    change_list_template = "pickguard/search/change_list.html"
    # what ModelAdmin has
    model: Any
    opts: Any
    admin_site: Any

    def get_query_schema(self, request: HttpRequest) -> Schema:
        """Return the schema for who searches."""
        return self.query_schema(request.user)

    def get_urls(self) -> list[URLPattern]:
        """Add the addresses that the search box needs."""
        wrap, name = self.admin_site.admin_view, self._url_name
        own = [
            path("query/", wrap(self.query_view), name=name("query")),
            path("query/mode/", wrap(require_POST(self.mode_view)), name=name("mode")),
            path("query/save/", wrap(require_POST(self.save_view)), name=name("save")),
            path("query/drop/", wrap(require_POST(self.drop_view)), name=name("drop")),
        ]
        return own + super().get_urls()  # type: ignore[misc,no-any-return]  # ModelAdmin's

    def _url_name(self, what: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_pickguard_{what}"

    def _address(self, what: str) -> str:
        return reverse(f"{self.admin_site.name}:{self._url_name(what)}")

    def _changelist(self) -> str:
        info = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return reverse(f"{self.admin_site.name}:{info}")

    # --- searching ------------------------------------------------------------------------------

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        """Return the rows of a query; of plain search where the person has switched to it."""
        if _plain(request) or not _is_changelist(request):
            return super().get_search_results(request, queryset, search_term)  # type: ignore[misc,no-any-return]  # ModelAdmin's
        if not search_term.strip():
            return queryset, False
        try:
            return self.get_query_schema(request).compile(search_term).narrow(queryset), False
        except QueryError as error:
            request.pickguard_error = error  # type: ignore[attr-defined]  # shown under the box
            return queryset.none(), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with what the search box needs."""
        response = super().changelist_view(request, extra_context)  # type: ignore[misc]  # ModelAdmin's
        if getattr(response, "context_data", None) is not None:
            response.context_data["pickguard"] = self._context(request)
        return response  # type: ignore[no-any-return]  # as above

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        error = getattr(request, "pickguard_error", None)
        return {
            "plain": _plain(request),
            "element": element(self._address("query")),
            "errors": error.as_dict()["errors"] if error is not None else [],
            "mode_url": self._address("mode"),
            "save_url": self._address("save"),
            "drop_url": self._address("drop"),
            "may_share": request.user.has_perm("pickguard_search.share_savedquery"),
            "saved": self._saved(request),
        }

    def _saved(self, request: HttpRequest) -> list[SavedQuery]:
        """Return one's own queries, and the shared ones that name nothing one may not know."""
        mine = Q(owner_id=request.user.pk)
        saved = SavedQuery.objects.filter(mine | Q(shared=True), model=self.opts.label_lower)
        schema = self.get_query_schema(request)
        return [
            each
            for each in saved
            if each.owner_id == request.user.pk or _accepted(schema, each.text)
        ]

    # --- the box's own addresses ----------------------------------------------------------------

    def query_view(self, request: HttpRequest) -> HttpResponse:
        """Return suggestions and errors while somebody types."""
        self._allow(request)
        text = request.GET.get("q", "")
        response = JsonResponse(
            answer(self.get_query_schema(request), text, cursor_of(request, text))
        )
        response["Cache-Control"] = "no-store"
        return response

    def mode_view(self, request: HttpRequest) -> HttpResponse:
        """Switch between the language and plain search, for this session."""
        self._allow(request)
        request.session[_PLAIN] = request.POST.get("plain") == "1"
        return HttpResponseRedirect(self._changelist())

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Keep a query under a name; share it where the person may."""
        self._allow(request)
        name, text = request.POST.get("name", "").strip(), request.POST.get("text", "").strip()
        shared = request.POST.get("shared") == "1"
        if shared and not request.user.has_perm("pickguard_search.share_savedquery"):
            raise PermissionDenied
        try:
            kept = str(self.get_query_schema(request).compile(text))
        except QueryError as error:
            messages.error(request, error.errors[0].message)
            return HttpResponseRedirect(self._changelist())
        if not name or len(name) > 80:  # the column's length
            messages.error(request, gettext("A saved query needs a name of at most 80 letters."))
            return HttpResponseRedirect(self._changelist())
        SavedQuery.objects.update_or_create(
            owner_id=request.user.pk,
            model=self.opts.label_lower,
            name=name,
            defaults={"text": kept, "shared": shared},
        )
        return HttpResponseRedirect(f"{self._changelist()}?{urlencode({'q': kept})}")

    def drop_view(self, request: HttpRequest) -> HttpResponse:
        """Forget a saved query of one's own."""
        self._allow(request)
        number = request.POST.get("id", "")
        if number.isascii() and number.isdigit() and len(number) < 19:  # a bigint
            mine = SavedQuery.objects.filter(owner_id=request.user.pk, model=self.opts.label_lower)
            mine.filter(pk=int(number)).delete()
        return HttpResponseRedirect(self._changelist())

    def _allow(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):  # type: ignore[attr-defined]  # ModelAdmin's
            raise PermissionDenied


def _plain(request: HttpRequest) -> bool:
    return bool(request.session.get(_PLAIN))


def _accepted(schema: Schema, text: str) -> bool:
    try:
        schema.compile(text)
    except QueryError:
        return False
    return True


def _is_changelist(request: HttpRequest) -> bool:
    """Return whether the list is asked for: the autocomplete of a form searches too."""
    match = request.resolver_match
    return match is None or str(match.url_name).endswith("_changelist")
