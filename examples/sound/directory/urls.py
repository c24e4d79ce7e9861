"""Addresses of the directory."""

from django.urls import path

from directory import views

app_name = "directory"
urlpatterns = [
    path("", views.lookup, name="lookup"),
    path("<str:uid>/", views.person, name="person"),
]
