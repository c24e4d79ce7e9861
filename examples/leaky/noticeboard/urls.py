"""Where everything is."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.static import serve

urlpatterns = [
    path("", include("notes.urls")),
    path("accounts/", include("accounts.urls")),
    path("directory/", include("directory.urls")),
    path("api/", include("api.urls")),
    path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),  # hole: trust.open-file-store
    path("admin/", admin.site.urls),  # hole: deployment.admin-at-default
]
