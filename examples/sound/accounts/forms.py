"""What members fill in."""

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator
from django.utils.html import format_html

from accounts.models import Profile


class LoginForm(AuthenticationForm):
    """Django's own, in fewer words."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "Wrong name or password.",
    }


class SignupForm(forms.Form):
    """The first visit."""

    username = forms.CharField(max_length=150)
    email = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput, validators=[validate_password])


class JoinForm(forms.ModelForm):
    """For members who come by a link."""

    password = forms.CharField(widget=forms.PasswordInput)

    class Meta:
        model = User
        fields = ["username", "password"]

    def clean_password(self):
        validate_password(self.cleaned_data["password"])
        return self.cleaned_data["password"]

    def save(self, commit=True):
        user = super().save(commit=False)
        user.set_password(self.cleaned_data["password"])
        if commit:
            user.save()
        return user


class ProfileForm(forms.ModelForm):
    """A member's own page."""

    website = forms.URLField(required=False, assume_scheme="https")

    class Meta:
        model = Profile
        fields = ["phone", "about", "website", "newsletter"]


class TransferForm(forms.Form):
    """Credits for another member."""

    receiver = forms.CharField(
        max_length=150,
        validators=[RegexValidator(r"^[\w.@+-]+$")],
    )
    amount = forms.IntegerField(min_value=1)

    def clean_receiver(self):
        receiver = self.cleaned_data["receiver"]
        if receiver.endswith("-bot"):
            raise forms.ValidationError("Machines need no credits.")
        return receiver

    def greet(self, giver):
        self.fields["amount"].help_text = format_html("<b>{}</b> gives", giver.username)
