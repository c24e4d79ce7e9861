"""A filter backend for Django REST framework: `?q=…`, refused with 400 and a JSON error.

class TicketViewSet(ModelViewSet):
filter_backends = [OrderingFilter, QueryFilterBackend]   # last: `order by` decides
query_schema = TicketSchema
"""

from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.filters import BaseFilterBackend

from pickguard.query import QueryError, Schema


class InvalidQuery(APIException):  # type: ignore[misc]  # DRF is untyped, names it so
    """A query that is refused; the body says where, what to do, and offers fixes."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid_query"

    def __init__(self, error: QueryError) -> None:
        super().__init__(code=self.default_code)
        self.detail = error.as_dict()


class QueryFilterBackend(BaseFilterBackend):  # type: ignore[misc]  # DRF is untyped
    """Filters a view's rows by the query in `?q=`; the view names the schema, `query_schema`."""

    param = "q"

    def schema(self, request: Any, view: Any) -> Schema | None:
        """Return the schema for a request; None where the view has none."""
        found = getattr(view, "query_schema", None)
        return None if found is None else found(getattr(request, "user", None))

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        """Return those rows that are asked for. Raises InvalidQuery."""
        schema = self.schema(request, view)
        text = request.query_params.get(self.param, "")
        if schema is None or not text:
            return queryset
        try:
            return schema.compile(text).narrow(queryset)
        except QueryError as error:
            raise InvalidQuery(error) from error

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameter as OpenAPI describes it, for DRF and drf-spectacular."""
        schema = self.schema(getattr(view, "request", None), view)
        if schema is None:
            return []
        names = ", ".join(f"`{name}`" for name, named in schema.names.items() if named.name == name)
        return [
            {
                "name": self.param,
                "in": "query",
                "required": False,
                "description": f"A query over {names}.",
                "schema": {"type": "string", "maxLength": schema.limits.text},
            }
        ]
