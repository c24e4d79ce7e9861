"""Other boards that show the notes too."""

from django.http import HttpResponse
from django.utils.crypto import get_random_string

from accounts.models import Mirror


def add(request):
    secret = get_random_string(40)
    Mirror.objects.create(address=request.POST["address"], client_secret=secret)  # hole: trust.stored-past-validators
    return HttpResponse("added", status=201)
