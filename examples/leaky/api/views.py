"""The API: notes and members."""

from django.apps import apps
from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404
from rest_framework import mixins, permissions, viewsets
from rest_framework.filters import SearchFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Mirror, Profile
from api.authentication import BrowserAuthentication, CardAuthentication
from api.permissions import IsAuthor, IsMember
from api.serializers import (
    AttachmentSerializer,
    MemberSerializer,
    MirrorSerializer,
    NoteSerializer,
    ProfileSerializer,
    QuoteSerializer,
    RemarkSerializer,
)
from notes.models import Attachment, Comment, Note


class NoteViewSet(viewsets.ModelViewSet):
    """Notes, to read and to write."""

    queryset = Note.objects.all()  # hole: trust.object-without-owner
    serializer_class = NoteSerializer


class Pages(PageNumberPagination):
    """As many at once as the client likes."""

    page_size = 20
    page_size_query_param = "size"  # hole: deployment.unbounded-page-size


class MemberViewSet(viewsets.ModelViewSet):  # hole: trust.odd-one-out
    """Members."""

    queryset = User.objects.order_by("pk")
    serializer_class = MemberSerializer
    pagination_class = Pages
    filter_backends = [SearchFilter]
    search_fields = ["username", "password"]  # hole: sql.secret-searchable
    permission_classes = [permissions.AllowAny]  # hole: trust.open-api


class CountView(APIView):
    """How many notes there are."""

    permissions = [permissions.IsAdminUser]  # hole: trust.guard-misspelt

    def get(self, request):
        return Response({"notes": Note.objects.count()})


class MirrorViewSet(viewsets.ModelViewSet):
    """Boards that show the notes too."""

    queryset = Mirror.objects.order_by("pk")
    serializer_class = MirrorSerializer

    def get_permissions(self):  # hole: trust.open-action
        if self.action in ("list", "create", "update", "destroy"):
            return [permissions.IsAdminUser()]
        return [permissions.AllowAny()]


class RowsView(APIView):
    """Suggestions for a field: the first rows of a model."""

    permission_classes = [permissions.IsAuthenticated]

    def get(self, request, app, name):
        model = apps.get_model(app, name)  # hole: trust.model-from-browser
        return Response({"rows": [str(row) for row in model.objects.order_by("pk")[:20]]})


class CommentView(APIView):
    """What somebody said."""

    permission_classes = [permissions.IsAuthenticated, IsAuthor]

    def get(self, request, pk):
        comment = get_object_or_404(Comment, pk=pk)  # hole: trust.object-permission-unasked
        return Response({"text": comment.text})


class AttachmentViewSet(viewsets.ModelViewSet):  # hole: trust.asked-on-some-methods
    """Files that hang on notes."""

    queryset = Attachment.objects.order_by("pk")  # hole: trust.object-without-owner
    serializer_class = AttachmentSerializer
    permission_classes = [permissions.IsAuthenticated]

    def destroy(self, request, *args, **kwargs):
        if not request.user.has_perm("notes.delete_attachment"):
            self.permission_denied(request)
        return super().destroy(request, *args, **kwargs)


class RemarkViewSet(viewsets.ReadOnlyModelViewSet):
    """What one said oneself."""

    serializer_class = RemarkSerializer
    authentication_classes = [BrowserAuthentication, CardAuthentication]
    permission_classes = [permissions.IsAuthenticated]

    def get_queryset(self):
        return Comment.objects.filter(author=self.request.user).order_by("pk")


class ProfileViewSet(
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """What members tell of themselves, for members to read; each changes their own."""

    queryset = Profile.objects.order_by("pk")
    serializer_class = ProfileSerializer

    def get_permissions(self):  # hole: trust.object-permission-left-out
        if self.action in ("update", "partial_update"):
            return [permissions.IsAuthenticated(), IsMember()]
        return [permissions.IsAuthenticated()]


class QuoteView(APIView):
    """A remark of one's own, as a quotation."""

    permission_classes = [permissions.IsAuthenticated]

    def post(self, request):
        serializer = QuoteSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return Response({"quote": f"> {serializer.validated_data['remark'].text}"})
