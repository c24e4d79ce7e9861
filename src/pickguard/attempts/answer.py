"""The answer to a refused attempt: 429 with `Retry-After`, and a message where it can be put."""

from typing import Any

from django.forms import Form
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pickguard.attempts import second_step
from pickguard.attempts.request import Refusal

_TURNED = frozenset({200, 400, 401, 403, 422})


def message(refusal: Refusal) -> str:
    """Return what to tell a person."""
    if refusal.by_failure:
        return _("Logging in is not possible at the moment. Try again in a minute.")
    minutes = -(-refusal.retry_after // 60)
    return ngettext(
        "Too many attempts to log in. Try again in %(minutes)d minute.",
        "Too many attempts to log in. Try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}


def put(response: Any, refusal: Refusal) -> None:
    """Put the message into a response that is not rendered yet: DRF's data, or a form's errors."""
    if hasattr(response, "accepted_renderer"):
        if response.status_code in _TURNED - {200}:
            response.data = {"detail": message(refusal)}
        return
    context = getattr(response, "context_data", None) or {}
    form = context.get("form")
    if isinstance(form, Form) and form.is_bound and form.non_field_errors():
        said = format_html("{}{}", message(refusal), _way_out())
        form.errors["__all__"] = form.error_class([said], renderer=form.renderer)


def _way_out() -> str:
    """Return a link to the second step, where the project has one."""
    url = second_step.link_to_ask()
    if url is None:
        return ""
    return format_html(' <a href="{}">{}</a>', url, _("Or let us send you a link by e-mail."))


def turn(response: HttpResponseBase, refusal: Refusal) -> None:
    """Make it 429 (503 where the store failed); a redirect stays one."""
    if response.status_code not in _TURNED:
        return
    response.status_code = 503 if refusal.by_failure else 429
    response["Retry-After"] = str(refusal.retry_after)
    patch_cache_control(response, no_store=True)
