"""Addresses of the API."""

from rest_framework.routers import DefaultRouter

from api import views

router = DefaultRouter()
router.register("notes", views.NoteViewSet, basename="note")
router.register("members", views.MemberViewSet)
urlpatterns = router.urls
