"""What members fill in."""

from django import forms
from django.contrib.auth.models import User
from django.core.validators import RegexValidator

from accounts.models import Profile


class SignupForm(forms.Form):
    """The first visit."""

    username = forms.CharField(max_length=150)
    email = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput)


class JoinForm(forms.ModelForm):
    """For members who come by a link."""

    password = forms.CharField(widget=forms.PasswordInput)

    class Meta:
        model = User
        fields = ["username", "password"]  # hole: passwords.stored-by-form


class ProfileForm(forms.ModelForm):
    """A member's own page."""

    class Meta:
        model = Profile
        exclude = ["user"]  # hole: forms.open-ended, forms.added-later, forms.power-field


class TransferForm(forms.Form):
    """Credits for another member."""

    receiver = forms.CharField(
        max_length=150,
        validators=[RegexValidator(r"^(\w+[.@+-]?)+$")],  # hole: deployment.slow-regex
    )
    amount = forms.IntegerField(min_value=1)

    def clean_reciever(self):  # hole: forms.check-of-no-field
        receiver = self.cleaned_data["receiver"]
        if receiver.endswith("-bot"):
            raise forms.ValidationError("Machines need no credits.")
        return receiver

    def greet(self, giver):
        self.fields["amount"].help_text = f"<b>{giver.username}</b> gives"  # hole: xss.help-text-from-data
