"""What the API reads and writes."""

from django.contrib.auth.models import User
from rest_framework import serializers

from accounts.models import Mirror, Profile
from notes.models import Attachment, Comment, Note


class NoteSerializer(serializers.ModelSerializer):  # hole: deployment.checked-by-form-only
    """A note."""

    class Meta:
        model = Note
        fields = "__all__"  # hole: forms.open-ended, forms.owner-field


class MemberSerializer(serializers.ModelSerializer):
    """A member."""

    class Meta:
        model = User
        exclude = ["last_login"]  # hole: forms.open-ended, forms.power-field, passwords.hash-in-output, passwords.stored-by-form


class MirrorSerializer(serializers.ModelSerializer):
    """Another board."""

    class Meta:
        model = Mirror
        fields = ["id", "address", "client_secret"]  # hole: passwords.secret-in-output


class AttachmentSerializer(serializers.ModelSerializer):
    """A file that hangs on a note."""

    class Meta:
        model = Attachment
        fields = ["id", "name"]


class RemarkSerializer(serializers.ModelSerializer):
    """What one said oneself."""

    class Meta:
        model = Comment
        fields = ["id", "text"]


class QuoteSerializer(serializers.Serializer):
    """What is to be quoted."""

    remark = serializers.PrimaryKeyRelatedField(queryset=Comment.objects.all())  # hole: trust.points-at-anybodys


class ProfileSerializer(serializers.ModelSerializer):
    """What a member tells of themselves."""

    class Meta:
        model = Profile
        fields = ["id", "about"]
