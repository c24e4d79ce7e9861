"""Turns refusals into 429, sets the device cookie, and writes the audit trail after the answer."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from pickguard.attempts import answer, device
from pickguard.attempts.request import State, current


class AttemptsMiddleware:
    """`pickguard.attempts.AttemptsMiddleware` in MIDDLEWARE, anywhere."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer a request."""
        if self.is_async:
            return self._acall(request)
        state = State(request)
        reset = current.set(state)
        try:
            response: HttpResponseBase = self.get_response(request)
        finally:
            current.reset(reset)
        return _finished(state, response)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        state = State(request)
        reset = current.set(state)
        try:
            response: HttpResponseBase = await self.get_response(request)
        finally:
            current.reset(reset)
        if state.refusal or state.device or state.afterwards:
            return await sync_to_async(_finished)(state, response)
        return response

    def process_template_response(self, _request: HttpRequest, response: Any) -> Any:
        """Put the message into the answer before it is rendered."""
        state = current.get()
        if state is not None and state.refusal is not None:
            answer.put(response, state.refusal)
        return response


def _finished(state: State, response: HttpResponseBase) -> HttpResponseBase:
    for step in state.afterwards:
        step()
    if state.refusal is not None:
        answer.turn(response, state.refusal)
    if state.device is not None:
        device.write(response, state.device, secure=state.request.is_secure())
    return response
