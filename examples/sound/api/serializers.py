"""What the API reads and writes."""

from django.contrib.auth.models import User
from rest_framework import serializers

from accounts.models import Mirror, Profile
from notes.models import Attachment, Comment, Note


class NoteSerializer(serializers.ModelSerializer):
    """A note."""

    class Meta:
        model = Note
        fields = ["id", "owner", "title", "body", "is_public", "created"]
        read_only_fields = ["owner", "created"]

    def validate_title(self, title):
        if title.isupper():
            raise serializers.ValidationError("Please do not shout.")
        return title


class MemberSerializer(serializers.ModelSerializer):
    """A member, as other members see them."""

    class Meta:
        model = User
        fields = ["id", "username"]


class MirrorSerializer(serializers.ModelSerializer):
    """Another board."""

    class Meta:
        model = Mirror
        fields = ["id", "address", "client_secret"]
        extra_kwargs = {"client_secret": {"write_only": True}}


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


class OwnRemarks(serializers.PrimaryKeyRelatedField):
    """The remarks of whoever asks."""

    def get_queryset(self):
        return Comment.objects.filter(author=self.context["request"].user)


class QuoteSerializer(serializers.Serializer):
    """What is to be quoted."""

    remark = OwnRemarks()


class ProfileSerializer(serializers.ModelSerializer):
    """What a member tells of themselves."""

    class Meta:
        model = Profile
        fields = ["id", "about"]
