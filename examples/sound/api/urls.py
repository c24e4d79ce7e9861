"""Addresses of the API."""

from django.urls import path
from rest_framework.routers import DefaultRouter

from api import views

router = DefaultRouter()
router.register("notes", views.NoteViewSet, basename="note")
router.register("members", views.MemberViewSet)
urlpatterns = [path("count/", views.CountView.as_view()), *router.urls]
