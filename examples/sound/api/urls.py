"""Addresses of the API."""

from django.urls import path
from rest_framework.routers import DefaultRouter

from api import views

router = DefaultRouter()
router.register("notes", views.NoteViewSet, basename="note")
router.register("members", views.MemberViewSet)
router.register("mirrors", views.MirrorViewSet)
router.register("attachments", views.AttachmentViewSet)
router.register("profiles", views.ProfileViewSet, basename="profile")
router.register("remarks", views.RemarkViewSet, basename="remark")
urlpatterns = [
    path("quote/", views.QuoteView.as_view()),
    path("comments/<int:pk>/", views.CommentView.as_view()),
    path("count/", views.CountView.as_view()),
    path("rows/<app>/<name>/", views.RowsView.as_view()),
    *router.urls,
]
