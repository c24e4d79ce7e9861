"""Members who come in with their account of the company."""

import os

from django.contrib.auth.models import User


class CompanyAccounts:
    """What the company's login server says of an account."""

    def extract_uid(self, data):
        return str(data["sub"])

    def member(self, data):
        return User.objects.filter(username=f"company-{self.extract_uid(data)}").first()

    def headers(self):
        """Return what the server knows the site by."""
        return {"Private-Token": os.environ["COMPANY_TOKEN"]}

    def request(self, name, password):
        """Return where to enter, and what to post there."""
        return "https://company.example.org/enter", {"name": name, "password": password}
