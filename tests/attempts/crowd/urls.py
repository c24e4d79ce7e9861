"""The login page of the site that a crowd asks."""

from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import path

urlpatterns = [
    path("", lambda _request: HttpResponse("in")),
    path("login/", LoginView.as_view(template_name="login.html")),
]
