"""Signing up and in; profiles; credits."""

import logging

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.core import signing
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_ratelimit.decorators import ratelimit
from pickguard.attempts import guard

from accounts.forms import ProfileForm, SignupForm, TransferForm
from accounts.models import Guest, LoginCode, Profile

logger = logging.getLogger(__name__)


@sensitive_post_parameters("password")
@ratelimit(key="ip", rate="20/h", method="POST")
def signup(request):
    form = SignupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        welcome(form.cleaned_data)
        messages.info(request, "Look into your mail, please.")
        return redirect("accounts:login")
    return render(request, "accounts/signup.html", {"form": form})


def welcome(data):
    """Make the account; who has one already learns of it by mail, and nobody else does."""
    known = User.objects.filter(email=data["email"]).exists()
    if not known:
        try:
            with transaction.atomic():
                user = User.objects.create_user(data["username"], data["email"], data["password"])
                Profile.objects.create(user=user)
        except IntegrityError:
            known = True
    text = "You are a member already." if known else "Welcome!"
    send_mail("Noticeboard", text, None, [data["email"]])


@sensitive_post_parameters("password")
def quick_login(request):
    if request.method == "POST":
        given = {"username": request.POST.get("email", ""), "password": request.POST.get("password", "")}
        user = authenticate(request, **given)
        if user is not None:
            login(request, user)
            return redirect("notes:index")
    return render(request, "accounts/guest.html")


@sensitive_post_parameters("code")
def enter_code(request):
    if request.method == "POST":
        hashed = salted_hmac("login code", request.POST.get("code", ""), algorithm="sha256").hexdigest()
        found = get_object_or_404(LoginCode, code=hashed)
        found.delete()
        login(request, found.user, "django.contrib.auth.backends.ModelBackend")
        return redirect("notes:index")
    return render(request, "accounts/guest.html")


@sensitive_post_parameters("code")
def code_of(request):
    if request.method == "POST":
        hashed = salted_hmac("login code", request.POST.get("code", ""), algorithm="sha256").hexdigest()
        name = request.POST.get("username", "")
        found = get_object_or_404(LoginCode, code=hashed, user__username=name)
        found.delete()
        login(request, found.user, "django.contrib.auth.backends.ModelBackend")
        return redirect("notes:index")
    return render(request, "accounts/guest.html")


@sensitive_post_parameters("code")
@ratelimit(key="ip", rate="5/m", method="POST")
def second_factor(request):
    if request.method == "POST":
        member = get_object_or_404(User, pk=request.session.get("pending"))
        with guard(request, f"second factor of {member.pk}") as attempt:
            sent, kept = request.POST.get("code", ""), request.session.pop("otp", "")
            if kept and constant_time_compare(sent, kept) and attempt.right(member):
                login(request, member, "django.contrib.auth.backends.ModelBackend")
    return redirect("notes:index")


def by_link(request, key):
    if request.method == "POST":
        hashed = salted_hmac("login code", key, algorithm="sha256").hexdigest()
        found = get_object_or_404(LoginCode, code=hashed)
        found.delete()
        login(request, found.user, "django.contrib.auth.backends.ModelBackend")
    return redirect("notes:index")


def behind_proxy(request):
    if request.method == "POST":
        try:
            name = signing.loads(request.headers.get("X-Remote-User", ""), salt="proxy", max_age=60)
        except signing.BadSignature:
            return HttpResponse("The proxy did not say who you are.", status=403)
        member = get_object_or_404(User, username=name)
        login(request, member, "django.contrib.auth.backends.ModelBackend")
    return redirect("notes:index")


@login_required
def profile(request):
    own = get_object_or_404(Profile, user=request.user)
    form = ProfileForm(request.POST or None, instance=own)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


@sensitive_post_parameters("password")
def guest(request):
    if request.method == "POST":
        found = known_guest(request, request.POST.get("username", ""))
        if found:
            request.session.cycle_key()
            request.session["guest"] = found.username
            return redirect("notes:index")
    return render(request, "accounts/guest.html")


def known_guest(request, name):
    """Return the guest, if it was the right password. Guests are no users, so they are counted here."""
    with guard(request, f"guest {name}") as attempt:
        found = Guest.objects.filter(username=name).first()
        password = request.POST.get("password", "")
        if found and found.check_password(password) and attempt.right(found):
            return found
    return None


@login_required
def quick_edit(request):
    own = get_object_or_404(Profile, user=request.user)
    if request.method == "POST":
        own.phone = request.POST.get("phone", own.phone)[:40]
        own.save(update_fields=["phone"])
    return redirect("accounts:profile")


def resume(request):
    return HttpResponse(request.session.get("draft", ""), content_type="text/plain")


@require_POST
def remember(request):
    order = request.POST.get("order", "")
    request.session["order"] = order if order in ("newest", "oldest") else "newest"
    return redirect("notes:index")


@login_required
def transfer(request):
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if give(request.user, form.cleaned_data["receiver"], form.cleaned_data["amount"]):
            return redirect("accounts:profile")
        form.add_error("amount", "That did not work.")
    return render(request, "accounts/transfer.html", {"form": form})


@transaction.atomic
def give(sender, receiver, amount):
    """Move credits; whole or not at all, also when two try at once."""
    paid = Profile.objects.filter(user=sender, credits__gte=amount).update(
        credits=F("credits") - amount
    )
    if not paid:
        return False
    got = Profile.objects.filter(user__username=receiver).update(credits=F("credits") + amount)
    if not got:
        transaction.set_rollback(True)
    return bool(got)


@staff_member_required
def members(request):
    profiles = Profile.objects.select_related("user")[:500]
    return render(request, "accounts/members.html", {"members": profiles})


@staff_member_required
@sensitive_post_parameters("password")
def set_password(request, pk):
    member = get_object_or_404(User, pk=pk, is_staff=False)
    form = SetPasswordForm(member, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("accounts:members")
    return render(request, "accounts/form.html", {"form": form})


@permission_required("auth.change_user", raise_exception=True)
def promote(request, pk):
    if request.method == "POST":
        member = get_object_or_404(User, pk=pk, is_superuser=False)
        member.is_staff = request.POST.get("staff") == "yes"
        member.save(update_fields=["is_staff"])
    return redirect("accounts:members")


@staff_member_required
def statistics(request):
    return HttpResponse(f"{User.objects.count()} members", content_type="text/plain")
