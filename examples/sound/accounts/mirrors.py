"""Other boards that show the notes too."""

from django.http import HttpResponse
from django.utils.crypto import get_random_string

from accounts.models import Mirror


def add(request):
    mirror = Mirror(address=request.POST["address"], client_secret=get_random_string(40))
    mirror.full_clean()
    mirror.save()
    return HttpResponse("added", status=201)
