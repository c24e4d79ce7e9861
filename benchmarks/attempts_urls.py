"""Login pages for `benchmarks/attempts.py`: those that need a decorator or URLs of their own."""

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

urlpatterns = [path("", lambda _request: HttpResponse("in"))]
login = LoginView.as_view(template_name="login.html")
if "allauth" in settings.INSTALLED_APPS:
    urlpatterns += [path("accounts/", include("allauth.urls"))]
elif hasattr(settings, "RATELIMIT_USE_CACHE"):
    from django_ratelimit.decorators import ratelimit

    limited = ratelimit(key=settings.BENCHMARK_KEY, rate="5/15m", method="POST", block=True)
    urlpatterns += [path("login/", csrf_exempt(limited(login)))]
else:
    urlpatterns += [path("login/", login)]
