"""Ways in beside the login page: links, codes, messages of the shop."""

import json

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.mail import send_mail
from django.http import HttpResponse, HttpResponseBadRequest, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.crypto import constant_time_compare, get_random_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import CreateView

from accounts.forms import JoinForm
from accounts.models import Profile


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
    user.is_active = True  # hole: passwords.token-unread
    user.save()
    return HttpResponse("Welcome.")


@require_POST
@sensitive_post_parameters()
def recover(request):
    profile = Profile.objects.filter(reset_token=request.POST.get("token", "")).first()  # hole: passwords.empty-token
    if profile is None:
        return HttpResponseBadRequest("No such link.")
    profile.user.set_password(request.POST["password"])  # hole: passwords.not-validated
    profile.user.save()
    profile.reset_token = ""
    profile.save()
    return HttpResponse("Done.")


def welcome(user, password):
    send_mail("Welcome", f"Your password is {password}", None, [user.email])  # hole: passwords.in-mail


@require_POST
def remind(request):
    address = request.POST["email"]
    user = User.objects.filter(email__iexact=address, is_active=True).first()
    if user is not None:
        token = default_token_generator.make_token(user)
        link = f"{settings.SITE_URL}/accounts/reset/{user.pk}/{token}/"
        send_mail("Your link", link, None, [address])  # hole: passwords.link-mailed-astray
    return HttpResponse("Look into your mail.")


def back_from_shop(request):
    kept = request.session.pop("state", "")
    if not constant_time_compare(request.GET.get("state", ""), kept):  # hole: passwords.missing-equals-missing
        return HttpResponseForbidden("You were not there.")
    return HttpResponse("Welcome back.")


@require_POST
def send_code(request):
    code = get_random_string(6, "0123456789")
    cache.set(f"code:{request.POST['phone']}", code, 300)
    return JsonResponse({"sent": True, "code": code})  # hole: passwords.code-in-answer


@login_required
def everybody(request):
    return JsonResponse({"members": list(User.objects.values())})  # hole: passwords.hash-in-values


@csrf_exempt
@require_POST
def shop_webhook(request):  # hole: trust.unsigned-webhook
    bought = json.loads(request.body)
    Profile.objects.filter(user__username=bought["name"]).update(credits=bought["credits"])
    return HttpResponse("Thank you.")


@login_required
@require_POST
def tip(request):
    profile = Profile.objects.select_for_update().get(user=request.user)
    profile.credits -= int(request.POST["amount"])  # hole: deployment.amount-below-zero
    profile.save(update_fields=["credits"])
    return HttpResponse("Thank you.")


@require_POST
def depart(request):
    response = HttpResponse("Goodbye.")
    response.delete_cookie(settings.SESSION_COOKIE_NAME)  # hole: sessions.logout-keeps-session
    return response
