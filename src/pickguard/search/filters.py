"""A filter for django-filter: one box for the whole language.

class TicketFilter(django_filters.FilterSet):
q = QueryFilter(schema=TicketSchema)
"""

from typing import Any

import django_filters

from pickguard.query import Query, QueryError, Schema
from pickguard.search.forms import QueryField, validation_error


class QueryFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter is untyped
    """Filters by a query; mistakes are errors of the filter set's form."""

    field_class = QueryField

    def __init__(self, *, schema: type[Schema], complete_url: str = "", **options: Any) -> None:
        options.setdefault("label", "")
        super().__init__(schema=schema, complete_url=complete_url, **options)
        self.schema = schema

    @property
    def field(self) -> Any:
        """Return the form field, for the user of the filter set's request."""
        field = super().field
        field.schema = self.schema(getattr(getattr(self.parent, "request", None), "user", None))
        return field

    def filter(self, rows: Any, value: Query | None) -> Any:
        """Return those of `rows` that are asked for; none where the database does not manage."""
        if value is None:
            return rows
        try:
            return value.narrow(rows)
        except QueryError as error:
            name = next(key for key, each in self.parent.filters.items() if each is self)
            form = self.parent.form  # whose cleaned data are being gone through: no add_error
            form.errors[name] = form.error_class(validation_error(error).messages)
            return rows.none()
