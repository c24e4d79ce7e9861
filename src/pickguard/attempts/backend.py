"""The first of the AUTHENTICATION_BACKENDS: counts, asks the others, and settles.

It is the others' only caller: whether the password was right is known here, in the same step, for
logins that send no signal of it as well (HTTP basic authentication).
"""

from collections.abc import Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, get_user_model, load_backend
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import PermissionDenied
from django.utils.inspect import signature
from django.views.decorators.debug import sensitive_variables

from pickguard.attempts.attempt import abegin, begin, end
from pickguard.attempts.request import Refusal
from pickguard.attempts.who import is_encodable

PATH = "pickguard.attempts.AttemptsBackend"
_INNER = "_pickguard_attempts_backend"


class AttemptsBackend:
    """Counts attempts with a password before any other backend hashes it.

    It has no permissions and no users of its own, so whoever asks the backends for these finds the
    others.
    """

    @sensitive_variables("credentials")
    def authenticate(self, request: Any, **credentials: Any) -> Any:
        """Return the user whose password it is, or None where there is no password to count.

        Raises PermissionDenied for a wrong password, and over a limit: Django then asks nobody else.
        """
        if credentials.get("password") is None:
            return None
        ticket = begin(request, credentials)
        if isinstance(ticket, Refusal):
            raise PermissionDenied(ticket.limit)
        user = None
        try:
            if ticket.is_quiet:
                _hash(request, credentials)
            else:
                user = _asked(request, credentials)
        finally:
            end(request, ticket, user)
        if user is None:
            raise PermissionDenied
        return user

    @sensitive_variables("credentials")
    async def aauthenticate(self, request: Any, **credentials: Any) -> Any:
        """See `authenticate`."""
        if credentials.get("password") is None:
            return None
        ticket = await abegin(request, credentials)
        if isinstance(ticket, Refusal):
            raise PermissionDenied(ticket.limit)
        user = None
        try:
            if ticket.is_quiet:
                await sync_to_async(_hash)(request, credentials)
            else:
                user = await _aasked(request, credentials)
        finally:
            await sync_to_async(end)(request, ticket, user)
        if user is None:
            raise PermissionDenied
        return user

    def get_user(self, user_id: Any) -> Any:
        """Return the user of a session that was begun under this backend's name."""
        for _path, backend in _others():
            if hasattr(backend, "get_user") and (user := backend.get_user(user_id)) is not None:
                return user
        return None

    async def aget_user(self, user_id: Any) -> Any:
        """See `get_user`."""
        return await sync_to_async(self.get_user)(user_id)


def _others() -> Iterator[tuple[str, Any]]:
    for path in settings.AUTHENTICATION_BACKENDS:
        backend = load_backend(path)
        if not isinstance(backend, AttemptsBackend):
            yield path, backend


@sensitive_variables("credentials")
def _fitting(request: Any, credentials: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the other backends that take these credentials, as Django chooses them."""
    for path, backend in _others():
        try:
            signature(backend.authenticate).bind(request, **credentials)
        except TypeError:
            continue
        yield path, backend


@sensitive_variables("credentials")
def _asked(request: Any, credentials: dict[str, Any]) -> Any:
    if _is_nobody(credentials):
        return _hash(request, credentials)
    for path, backend in _fitting(request, credentials):
        try:
            user = backend.authenticate(request, **credentials)
        except PermissionDenied:
            return None
        if user is not None:
            setattr(user, _INNER, path)
            return user
    return None


@sensitive_variables("credentials")
async def _aasked(request: Any, credentials: dict[str, Any]) -> Any:
    if _is_nobody(credentials):
        return await sync_to_async(_hash)(request, credentials)
    for path, backend in _fitting(request, credentials):
        try:
            user = await backend.aauthenticate(request, **credentials)
        except PermissionDenied:
            return None
        if user is not None:
            setattr(user, _INNER, path)
            return user
    return None


@sensitive_variables("credentials")
def _is_nobody(credentials: dict[str, Any]) -> bool:
    """Whether no account can have this name or password: databases and hashers raise errors at it."""
    return any(
        ("\x00" in value and key != "password") or not is_encodable(value)
        for key, value in credentials.items()
        if isinstance(value, str)
    )


@sensitive_variables("credentials")
def _hash(request: Any, credentials: dict[str, Any]) -> None:
    """Take the time of a wrong password: each ModelBackend hashes it, also where there is no account."""
    from django.contrib.auth.backends import ModelBackend  # it needs the apps to be there

    password = str(credentials["password"]).encode(errors="replace").decode()
    others = [backend for _path, backend in _fitting(request, credentials)]
    for _ in range(max(1, sum(isinstance(each, ModelBackend) for each in others))):
        get_user_model()().set_password(password)


def register() -> None:
    """Have sessions name the backend that knew the password, not this one."""
    user_logged_in.connect(_name_backend, dispatch_uid="pickguard.attempts")


def _name_backend(request: Any, user: Any, **_: Any) -> None:
    session = getattr(request, "session", None)
    if session is None or session.get(BACKEND_SESSION_KEY) != PATH:
        return
    paths = (path for path, backend in _others() if hasattr(backend, "get_user"))
    path = getattr(user, _INNER, None) or next(paths, PATH)
    session[BACKEND_SESSION_KEY] = path
