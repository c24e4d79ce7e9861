"""What a drill asks of the restored copy."""

from notes.models import Note


def notes_have_owners():
    orphans = Note.objects.filter(owner=None).count()
    assert not orphans, f"{orphans} notes have no owner"
