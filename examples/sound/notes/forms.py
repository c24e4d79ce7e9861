"""What members write."""

from django import forms

from notes.models import Comment, Note


class NoteForm(forms.ModelForm):
    """A note."""

    class Meta:
        model = Note
        fields = ["title", "body", "is_public"]

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


class ContactForm(forms.Form):
    """A question to the board."""

    from_ = forms.EmailField(label="Your address")
    text = forms.CharField(max_length=2000, widget=forms.Textarea)

    def add_prefix(self, field_name):
        return super().add_prefix(field_name.removesuffix("_"))
