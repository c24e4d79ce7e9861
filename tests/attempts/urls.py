"""Login pages of the kinds that projects have."""

from django.contrib import admin
from django.contrib.auth import aauthenticate, alogin, authenticate
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from rest_framework.authentication import BasicAuthentication
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from pickguard.attempts import guard


class Whoami(APIView):  # type: ignore[misc]  # DRF is untyped
    authentication_classes = (BasicAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request):
        return Response({"user": request.user.username})


def plain(request):
    """As many write it: no form, no request given."""
    user = authenticate(username=request.POST["username"], password=request.POST["password"])
    return JsonResponse({"ok": user is not None}, status=200 if user else 400)


async def asynchronous(request):
    user = await aauthenticate(
        request, username=request.POST["username"], password=request.POST["password"]
    )
    if user is not None:
        await alogin(request, user)
    return JsonResponse({"ok": user is not None}, status=200 if user else 401)


def guarded(request):
    """A login path that knows nothing of backends."""
    user = User.objects.filter(username=request.POST["username"]).first()
    try:
        with guard(request, request.POST["username"]) as attempt:
            ok = user is not None and user.check_password(request.POST["password"])
            ok = ok and attempt.right(user)
    except PermissionDenied:
        return HttpResponse("no", status=403)
    return HttpResponse("yes" if ok else "no", status=200 if ok else 401)


urlpatterns = [
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(template_name="admin/login.html", next_page="/admin/")),
    path("api/whoami/", Whoami.as_view()),
    path("api/token/", ObtainAuthToken.as_view()),
    path("plain/", plain),
    path("async/", asynchronous),
    path("guarded/", guarded),
    path("link/", include("pickguard.attempts.urls")),
]
