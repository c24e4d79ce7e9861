"""The pages of the second step: `path("login/link/", include("pickguard.attempts.urls"))`."""

from django.urls import path

from pickguard.attempts.views import AskView, OpenView

app_name = "pickguard_attempts"
urlpatterns = [
    path("", AskView.as_view(), name="ask"),
    path("<str:token>/", OpenView.as_view(), name="open"),
]
