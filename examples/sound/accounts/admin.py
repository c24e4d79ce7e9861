"""Members in the admin."""

from django.contrib import admin
from django.utils.html import format_html

from accounts.models import Profile


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):
    """Members with their pages."""

    list_display = ["user", "phone", "page", "is_admin"]

    @admin.display(description="page")
    def page(self, member):
        return format_html('<a href="{}">{}</a>', member.website, member.website)
