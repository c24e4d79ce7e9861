"""The URLconf of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import DefaultRouter
from tests.search.site.schemas import TicketSchema
from tests.search.site.views import TicketViewSet, page

from pickguard.search.views import SearchView

router = DefaultRouter()
router.register("tickets", TicketViewSet)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include(router.urls)),
    path(
        "api/schema/", SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[])
    ),
    path("tickets/", page),
    path("tickets/complete/", SearchView.as_view(schema=TicketSchema)),
]
