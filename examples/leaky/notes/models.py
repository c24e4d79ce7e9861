"""Notes, what is said of them, and the files that hang on them."""

from django.conf import settings
from django.db import models
from django.urls import reverse


class NoteQuerySet(models.QuerySet):
    """Notes by whose they are."""

    def by_owner(self, owner):
        return self.filter(owner=owner)


class Note(models.Model):
    """A note of a member, for themselves or for everybody."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notes")
    title = models.CharField(max_length=120)
    body = models.TextField(blank=True)
    is_public = models.BooleanField(default=False)
    views = models.PositiveIntegerField(default=0)
    created = models.DateTimeField(auto_now_add=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "-pk"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("notes:detail", args=[self.pk])


class Comment(models.Model):
    """What a member says of a note."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    text = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.text[:40]


class Attachment(models.Model):
    """A file that belongs to a note."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200)

    def __str__(self):
        return self.name


class Asked(models.Model):
    """What the site was asked."""

    path = models.CharField(max_length=200)
    sent = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return self.path
