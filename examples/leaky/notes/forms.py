"""What members write."""

from django import forms
from django.forms import modelform_factory

from notes.models import Comment, Note


class NoteForm(forms.ModelForm):
    """A note."""

    class Meta:
        model = Note
        fields = "__all__"  # hole: forms.open-ended, forms.owner-field

    def clean_title(self):
        title = self.cleaned_data["title"]
        if title.isupper():
            raise forms.ValidationError("Please do not shout.")
        return title


class CommentForm(forms.ModelForm):
    """A comment."""

    class Meta:
        model = Comment
        fields = ["text"]


EditCommentForm = modelform_factory(Comment, fields="__all__")  # hole: forms.factory-open-ended
