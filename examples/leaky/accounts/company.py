"""Members who come in with their account of the company."""

from urllib.parse import quote

from django.contrib.auth.models import User


class CompanyAccounts:
    """What the company's login server says of an account."""

    def extract_uid(self, data):
        return str(data["preferred_username"])  # hole: trust.changeable-claim

    def member(self, data):
        return User.objects.filter(username=f"company-{self.extract_uid(data)}").first()

    def headers(self):
        return {"Private-Token": "glpat-Qw8sZr2LmX7vTb4NcYpK"}  # hole: passwords.service-key-in-code

    def address(self, name, password):
        return f"https://company.example.org/enter?name={quote(name)}&password={quote(password)}"  # hole: passwords.in-address
