"""What members write."""

from django import forms

from notes.models import Comment, Note


class NoteForm(forms.ModelForm):
    """A note."""

    class Meta:
        model = Note
        fields = "__all__"  # hole: forms.open-ended


class CommentForm(forms.ModelForm):
    """A comment."""

    class Meta:
        model = Comment
        fields = ["text"]
