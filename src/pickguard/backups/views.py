"""Health and metrics for whoever watches; closed unless `PICKGUARD_BACKUPS["metrics_token"]` is set.

The answer is kept for a minute, so that nobody can have the site ask its storage all day.
"""

import time
from threading import Lock

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pickguard.backups import conf
from pickguard.backups.conf import Settings
from pickguard.backups.errors import BackupError
from pickguard.backups.storage.shelf import shelf
from pickguard.backups.watching import status
from pickguard.backups.watching.status import Status
from pickguard.base.errors import UsageError

_KEPT_S = 60.0
_LONGEST_S = 10.0
_lock = Lock()
_last: tuple[float, Status | str] = (0.0, "")


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Return 200 where all is well, 503 and what is not otherwise."""
    settings = _allowed(request)
    found = _status(settings)
    said = [found] if isinstance(found, str) else status.problems(settings, found)
    return JsonResponse({"ok": not said, "problems": said}, status=503 if said else 200)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Return Prometheus' text format; 503 where the storage does not answer."""
    found = _status(_allowed(request))
    if isinstance(found, str):
        return HttpResponse(f"# {found}\n", status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse(
        status.prometheus(found), content_type="text/plain; version=0.0.4; charset=utf-8"
    )


def _allowed(request: HttpRequest) -> Settings:
    """Return the settings to who knows the token; to others there is nothing here."""
    settings = conf.load()
    given = request.headers.get("Authorization", "")
    if not settings.metrics_token or not constant_time_compare(
        given, f"Bearer {settings.metrics_token}"
    ):
        raise Http404
    return settings


def _status(settings: Settings) -> Status | str:
    global _last  # noqa: PLW0603 - one answer a process
    with _lock:
        at, found = _last
        if time.monotonic() - at > _KEPT_S or at == 0.0:
            try:
                found = status.status(shelf(settings, at_most_s=_LONGEST_S), settings.signers)
            except (BackupError, UsageError) as error:
                found = str(error.problems[0].message)
            _last = (time.monotonic(), found)
        return found
