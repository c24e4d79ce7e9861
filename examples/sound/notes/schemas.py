"""What may be asked of notes in the query language, and which rows each member sees."""

from django.contrib.auth.models import User

from notes.models import Comment, Note
from pickguard.query import Field, Schema


class MemberSchema(Schema):
    """A member, as other members see them."""

    model = User
    fields = [Field("username", complete=True)]

    def visible(self, user):
        return User.objects.filter(is_active=True)


class CommentSchema(Schema):
    """What is said of a note that the member may read."""

    model = Comment
    fields = ["text", "created"]
    relations = {"author": MemberSchema}

    def visible(self, user):
        return Comment.objects.filter(note__in=Note.objects.visible_to(user))


class NoteSchema(Schema):
    """Public notes and one's own."""

    model = Note
    fields = ["title", "body", "is_public", "created"]
    relations = {"owner": MemberSchema, "comments": CommentSchema}
    text = ["title", "body"]

    def visible(self, user):
        return Note.objects.visible_to(user)


class OfficeNoteSchema(NoteSchema):
    """All notes: for the back office."""

    def visible(self, user):
        return Note.objects.all()
