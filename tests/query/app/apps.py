"""The app under a name of its own."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "tests.query.app"
    label = "desk"
