"""Where everything is."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("notes.urls")),
    path("accounts/", include("accounts.urls")),
    path("directory/", include("directory.urls")),
    path("api/", include("api.urls")),
    path("admin/", admin.site.urls),  # hole: deployment.admin-at-default
]
