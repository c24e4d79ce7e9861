"""Pages of the site that is backed up."""

from django.http import HttpResponse
from django.urls import include, path


def whoami(request):
    return HttpResponse(str(request.user))


urlpatterns = [path("", whoami), path("backups/", include("pickguard.backups.urls"))]
