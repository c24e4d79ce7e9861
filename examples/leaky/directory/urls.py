"""Addresses of the directory."""

from django.urls import path

from directory import views

app_name = "directory"
urlpatterns = [
    path("", views.lookup, name="lookup"),
    path("phones/", views.phones, name="phones"),
    path("export/", views.export, name="export"),
    path("<str:uid>/card/", views.card, name="card"),
    path("<str:uid>/", views.person, name="person"),
]
