"""The API: notes and members."""

from django.apps import apps
from django.contrib.auth.models import User
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import mixins, permissions, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.filters import SearchFilter
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Mirror, Profile
from api.authentication import CardAuthentication
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
from notes.schemas import NoteSchema
from pickguard.search.drf import QueryFilterBackend

SUGGESTED = frozenset({"notes.note"})


class NoteViewSet(viewsets.ModelViewSet):
    """Notes: everybody's public ones to read, one's own to write."""

    serializer_class = NoteSerializer
    filter_backends = [QueryFilterBackend]
    query_schema = NoteSchema

    def get_queryset(self):
        if self.request.method in permissions.SAFE_METHODS:
            return Note.objects.visible_to(self.request.user)
        return Note.objects.filter(owner=self.request.user)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class Pages(PageNumberPagination):
    """As many at once as the client likes, up to a limit."""

    page_size = 20
    page_size_query_param = "size"
    max_page_size = 100


class MemberViewSet(viewsets.ReadOnlyModelViewSet):
    """Members."""

    queryset = User.objects.order_by("pk")
    serializer_class = MemberSerializer
    pagination_class = Pages
    filter_backends = [SearchFilter]
    search_fields = ["username"]


class CountView(APIView):
    """How many notes there are."""

    permission_classes = [permissions.IsAdminUser]

    def get(self, request):
        return Response({"notes": Note.objects.count()})


class MirrorViewSet(viewsets.ModelViewSet):
    """Boards that show the notes too."""

    queryset = Mirror.objects.order_by("pk")
    serializer_class = MirrorSerializer

    def get_permissions(self):
        if self.action == "metadata":
            return [permissions.IsAuthenticated()]
        return [permissions.IsAdminUser()]


class RowsView(APIView):
    """Suggestions for a field: the first rows of a model."""

    permission_classes = [permissions.IsAuthenticated]

    def get(self, request, app, name):
        if f"{app}.{name}" not in SUGGESTED:
            raise Http404
        model = apps.get_model(app, name)
        return Response({"rows": [str(row) for row in model.objects.order_by("pk")[:20]]})


class CommentView(APIView):
    """What somebody said."""

    permission_classes = [permissions.IsAuthenticated, IsAuthor]

    def get(self, request, pk):
        comment = get_object_or_404(Comment, pk=pk)
        self.check_object_permissions(request, comment)
        return Response({"text": comment.text})


class AttachmentViewSet(viewsets.ModelViewSet):
    """Files that hang on notes."""

    queryset = Attachment.objects.order_by("pk")
    serializer_class = AttachmentSerializer
    permission_classes = [permissions.IsAuthenticated, permissions.DjangoModelPermissions]


class RemarkViewSet(viewsets.ReadOnlyModelViewSet):
    """What one said oneself."""

    serializer_class = RemarkSerializer
    authentication_classes = [SessionAuthentication, CardAuthentication]
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

    def get_permissions(self):
        if self.action in ("update", "partial_update", "destroy"):
            return [permissions.IsAuthenticated(), IsMember()]
        return [permissions.IsAuthenticated()]


class QuoteView(APIView):
    """A remark of one's own, as a quotation."""

    permission_classes = [permissions.IsAuthenticated]

    def post(self, request):
        serializer = QuoteSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        return Response({"quote": f"> {serializer.validated_data['remark'].text}"})
