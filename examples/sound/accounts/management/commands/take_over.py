"""Takes members and guests over from the old site."""

import csv

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand

from accounts.models import Guest, Profile


class Command(BaseCommand):
    """Reads lines of `kind,name,password`."""

    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("file")

    def handle(self, **options):
        with open(options["file"], newline="", encoding="utf-8") as source:
            for kind, name, password in csv.reader(source):
                if kind == "member":
                    self.member(name, password)
                else:
                    self.guest(name, password)

    def member(self, name, password):
        Profile.objects.create(user=User.objects.create_user(name, password=password))

    def guest(self, name, password):
        guest = Guest(username=name)
        guest.set_password(password)
        guest.save()
