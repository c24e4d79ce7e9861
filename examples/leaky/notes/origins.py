"""Other sites that show the board."""


class OriginMiddleware:
    """Lets the pages of other sites read."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        origin = request.headers.get("Origin")
        if origin:
            response["Access-Control-Allow-Origin"] = origin  # hole: deployment.origin-reflected
            response["Access-Control-Allow-Credentials"] = "true"
            response["Vary"] = "Origin"
        return response
