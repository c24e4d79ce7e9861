"""Include these where your watcher looks: `path("backups/", include("pickguard.backups.urls"))`."""

from django.urls import path

from pickguard.backups import views

app_name = "pickguard_backups"
urlpatterns = [
    path("health/", views.health, name="health"),
    path("metrics/", views.metrics, name="metrics"),
]
