"""Members who come in with their account of the company."""

from django.contrib.auth.models import User


class CompanyAccounts:
    """What the company's login server says of an account."""

    def extract_uid(self, data):
        return str(data["sub"])

    def member(self, data):
        return User.objects.filter(username=f"company-{self.extract_uid(data)}").first()

    def request(self, name, password):
        """Return where to enter, and what to post there."""
        return "https://company.example.org/enter", {"name": name, "password": password}
