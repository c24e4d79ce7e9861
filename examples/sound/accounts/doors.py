"""Ways in beside the login page: links, codes, messages of the shop."""

import hashlib
import hmac
import json

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.crypto import constant_time_compare, get_random_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import CreateView

from accounts.forms import JoinForm
from accounts.models import Profile
from accounts.texts import send_text


class Join(CreateView):
    form_class = JoinForm
    template_name = "accounts/signup.html"
    success_url = "/"

    @sensitive_post_parameters()
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)


@require_POST
def activate(request, pk, token):
    user = get_object_or_404(User, pk=pk)
    if not default_token_generator.check_token(user, token):
        return HttpResponseBadRequest("No such link.")
    user.is_active = True
    user.save()
    return HttpResponse("Welcome.")


@require_POST
@sensitive_post_parameters()
def recover(request):
    name, token = request.POST.get("name", ""), request.POST.get("token", "")
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None or not default_token_generator.check_token(user, token):
        return HttpResponseBadRequest("No such link.")
    validate_password(request.POST["password"], user)
    user.set_password(request.POST["password"])
    user.save()
    return HttpResponse("Done.")


def welcome(user):
    """Mail the address under which a new member sets a password."""
    link = f"{settings.SITE_URL}/accounts/reset/{user.pk}/{default_token_generator.make_token(user)}/"
    send_mail("Welcome", f"Set your password here: {link}", None, [user.email])


@require_POST
def remind(request):
    address = request.POST["email"]
    user = User.objects.filter(email__iexact=address, is_active=True).first()
    if user is not None:
        token = default_token_generator.make_token(user)
        link = f"{settings.SITE_URL}/accounts/reset/{user.pk}/{token}/"
        send_mail("Your link", link, None, [user.email])
    return HttpResponse("Look into your mail.")


def back_from_shop(request):
    kept = request.session.pop("state", "")
    if not kept or not constant_time_compare(request.GET.get("state", ""), kept):
        return HttpResponseForbidden("You were not there.")
    return HttpResponse("Welcome back.")


@require_POST
def send_code(request):
    code = get_random_string(6, "0123456789")
    cache.set(f"code:{request.POST['phone']}", code, 300)
    send_text(request.POST["phone"], code)
    return JsonResponse({"sent": True})


@login_required
def everybody(request):
    return JsonResponse({"members": list(User.objects.values("username", "first_name")[:200])})


@csrf_exempt
@require_POST
def shop_webhook(request):
    seal = hmac.new(settings.SHOP_KEY.encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(seal, request.headers.get("X-Signature", "")):
        return HttpResponseForbidden("Not the shop.")
    bought = json.loads(request.body)
    Profile.objects.filter(user__username=bought["name"]).update(credits=bought["credits"])
    return HttpResponse("Thank you.")


@login_required
@require_POST
@transaction.atomic
def tip(request):
    amount = int(request.POST["amount"])
    if amount <= 0:
        return HttpResponseBadRequest("Something, please.")
    profile = Profile.objects.select_for_update().get(user=request.user)
    profile.credits -= amount
    profile.save(update_fields=["credits"])
    return HttpResponse("Thank you.")


@require_POST
def depart(request):
    logout(request)
    response = HttpResponse("Goodbye.")
    response.delete_cookie(settings.SESSION_COOKIE_NAME)
    return response
