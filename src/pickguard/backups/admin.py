"""Admin page: the history of drills, to look at."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from pickguard.backups.models import Drill

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Drill]
else:
    _Base = admin.ModelAdmin


@admin.register(Drill)
class DrillAdmin(_Base):
    """Nothing is added, changed or deleted by hand."""

    list_display = ("at", "backup", "ok", "recovery_s", "age_s")
    list_filter = ("ok", "at")
    search_fields = ("backup",)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Nobody adds one."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody changes one."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody deletes one."""
        return False
