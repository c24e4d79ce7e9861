"""Who may do what with one object."""

from rest_framework.permissions import BasePermission


class IsAuthor(BasePermission):
    """Whoever said it."""

    def has_object_permission(self, request, view, obj):
        return obj.author_id == request.user.pk


class IsMember(BasePermission):
    """Whoever it tells of."""

    def has_object_permission(self, request, view, obj):
        return obj.user_id == request.user.pk
