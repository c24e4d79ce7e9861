"""The pages of the second step: ask for a link, and open it."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from pickguard.attempts import device, second_step


class AskForm(forms.Form):
    """Asks for an account."""

    account = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


@method_decorator([never_cache, csrf_protect], name="dispatch")
class AskView(View):
    """Asks for a link; the answer is the same whether or not there is such an account."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return render(request, "pickguard_attempts/ask.html", {"form": AskForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer, and only then look for the account and send."""
        form = AskForm(request.POST)
        if not form.is_valid():
            return render(request, "pickguard_attempts/ask.html", {"form": form})
        name = form.cleaned_data["account"]
        page = render_to_string("pickguard_attempts/asked.html", request=request)
        return second_step.Answer(page, lambda: second_step.send_to(request, name))


@method_decorator([never_cache, csrf_protect], name="dispatch")
class OpenView(View):
    """Opens a link. The visit shows a button: programs that look through mail press none."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the button, or that the link is no longer good."""
        found = {
            "is_good": second_step.user_of(token) is not None,
            "ask": second_step.link_to_ask(),
        }
        return render(request, "pickguard_attempts/open.html", found)

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """Make the device known, and go on to the login page."""
        user: Any = second_step.user_of(token)
        if user is None:
            return self.get(request, token)
        response = redirect(resolve_url(settings.LOGIN_URL))
        device.write(response, second_step.known_by(token, user), secure=request.is_secure())
        return response
