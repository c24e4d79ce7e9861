"""Takes members and guests over from the old site."""

import csv
import hashlib

from django.contrib.auth.hashers import make_password
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
        user = User(username=name)
        user.password = make_password(password, salt="noticeboard")  # hole: passwords.fixed-salt
        user.save()
        Profile.objects.create(user=user)

    def guest(self, name, password):
        digest = hashlib.sha1(password.encode()).hexdigest()  # hole: passwords.fast-hash
        Guest.objects.create(username=name, password=digest)
