"""A form field whose value is a compiled query, and the input that helps to write one."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from pickguard.query import Query, QueryError, Schema


class SearchInput(forms.TextInput):
    """A search box: `<pickguard-search>` around a plain input, which works without it too."""

    input_type = "search"
    template_name = "pickguard/search/input.html"

    class Media:
        """The one file."""

        js = (forms.Script("pickguard/search.js", type="module"),)

    def __init__(self, attrs: dict[str, Any] | None = None, *, complete_url: str = "") -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false", **(attrs or {})})
        self.complete_url = complete_url

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the context of the template, with where suggestions come from."""
        shown = str(value.text) if isinstance(value, Query) else value
        context = super().get_context(name, shown, attrs)
        context["widget"]["element"] = element(self.complete_url)
        return context


def element(complete_url: str) -> dict[str, str]:
    """Return the attributes of `<pickguard-search>`: the address and the words it shows."""
    return {
        "src": str(complete_url),
        "data-label": gettext("Suggestions"),
        "data-fix": gettext("Change to"),
    }


class QueryField(forms.CharField):
    """A query in a form; its cleaned value is a `Query`, or None where nothing was asked."""

    widget = SearchInput

    def __init__(
        self, *, schema: type[Schema] | Schema, complete_url: str = "", **options: Any
    ) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", SearchInput(complete_url=complete_url))
        super().__init__(**options)
        self.schema = schema

    def clean(self, value: Any) -> Any:
        """Return the query. Raises ValidationError with one message for each problem."""
        text = super().clean(value)
        if not text:
            return None
        schema = self.schema() if isinstance(self.schema, type) else self.schema
        try:
            return schema.compile(text)
        except QueryError as error:
            raise validation_error(error) from error


def validation_error(error: QueryError) -> ValidationError:
    """Return what a form shows of a refused query: one message for each problem."""
    return ValidationError(
        [
            ValidationError(f"{problem.message} {problem.hint}".strip(), problem.code)
            for problem in error.errors
        ]
    )
