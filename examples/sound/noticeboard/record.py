"""Keeps what the site is asked to change, for whoever looks for a mistake."""

from notes.models import Asked


class RecordMiddleware:
    """Writes a row for each form that is sent."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.method == "POST":
            self.keep(request)
        return self.get_response(request)

    def keep(self, request):
        """Keep what was sent."""
        Asked.objects.create(path=request.path[:200], sent=" ".join(sorted(request.POST)))
