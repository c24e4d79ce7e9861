"""What `<pickguard-search>` asks while somebody types: suggestions, and what is wrong so far."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from pickguard.query import QueryError, Schema


def answer(schema: Schema, text: str, cursor: int) -> dict[str, Any]:
    """Return suggestions for the cursor and the errors of the text, as plain data."""
    errors: list[dict[str, Any]] = []
    try:
        schema.compile(text)
    except QueryError as error:
        errors = error.as_dict()["errors"]
    suggestions = [asdict(suggestion) for suggestion in schema.complete(text, cursor)]
    return {"suggestions": suggestions, "errors": errors}


def cursor_of(request: HttpRequest, text: str) -> int:
    """Return where the cursor stands; the end of the text where the request does not say."""
    value = request.GET.get("cursor", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else len(text)


@method_decorator(never_cache, name="dispatch")
class SearchView(View):
    """Answers for one schema; who may ask is for the URLconf to say.

    path("tickets/search/", login_required(SearchView.as_view(schema=TicketSchema)))
    """

    schema: type[Schema] | None = None

    def get(self, request: HttpRequest) -> JsonResponse:
        """Return suggestions and errors for `?q=…&cursor=…`."""
        assert self.schema is not None  # as_view was given one
        text = request.GET.get("q", "")
        schema = self.schema(getattr(request, "user", None))
        return JsonResponse(answer(schema, text, cursor_of(request, text)))
