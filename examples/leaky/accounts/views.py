"""Signing up, in and out; profiles; credits."""

import logging
import random

from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, authenticate, logout
from django.contrib.auth import login as auth_login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.mail import send_mail
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.forms import ProfileForm, SignupForm, TransferForm
from accounts.models import Guest, LoginCode, Profile

logger = logging.getLogger(__name__)


def signup(request):  # hole: passwords.in-error-report
    form = SignupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if User.objects.filter(email=data["email"]).exists():
            messages.error(request, "That address already has an account.")  # hole: passwords.account-enumeration
            return redirect("accounts:signup")
        user = User.objects.create_user(data["username"], data["email"], data["password"])  # hole: passwords.not-validated
        Profile.objects.create(user=user)
        logger.info("new member %s with password %s", user, data["password"])  # hole: passwords.secret-in-log
        return redirect("accounts:login")
    return render(request, "accounts/signup.html", {"form": form})


def login(request):  # hole: passwords.in-error-report
    if request.method == "POST":
        username = request.POST.get("username", "")
        user = authenticate(request, username=username, password=request.POST.get("password", ""))
        logger.info("login of " + username)  # hole: trust.log-injection
        if user is not None:
            request.session[SESSION_KEY] = str(user.pk)  # hole: sessions.login-keeps-key
            request.session[BACKEND_SESSION_KEY] = user.backend
            request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            request.session["password"] = request.POST["password"]  # hole: sessions.secret-in-session
            response = HttpResponseRedirect(request.POST.get("next") or "/")  # hole: trust.open-redirect
            response.set_cookie("member", user.username, max_age=31536000)  # hole: sessions.cookie-without-flags
            return response
        messages.error(request, "Wrong name or password.")
    return render(request, "accounts/login.html", {"next": request.GET.get("next", "")})


def quick_login(request):  # hole: passwords.in-error-report
    if request.method == "POST":
        user = User.objects.filter(email=request.POST.get("email", "")).first()
        if user is not None and user.check_password(request.POST.get("password", "")):  # hole: passwords.checked-by-hand
            auth_login(request, user, "django.contrib.auth.backends.ModelBackend")
            return redirect("notes:index")
    return render(request, "accounts/guest.html")


def enter_code(request):
    if request.method == "POST":
        found = get_object_or_404(LoginCode, code=request.POST.get("code", ""))
        found.delete()
        auth_login(request, found.user, "django.contrib.auth.backends.ModelBackend")
        return redirect("notes:index")
    return render(request, "accounts/guest.html")


def code_of(request):
    if request.method == "POST":
        found = get_object_or_404(LoginCode, code=request.POST.get("code", ""))
        member = get_object_or_404(User, username=request.POST.get("username", ""))
        found.delete()
        auth_login(request, member, "django.contrib.auth.backends.ModelBackend")  # hole: passwords.code-of-another
        return redirect("notes:index")
    return render(request, "accounts/guest.html")


def second_factor(request):
    if request.method == "POST":
        member = get_object_or_404(User, pk=request.session.get("pending"))
        if request.POST.get("code", "") == request.session.get("otp"):  # hole: passwords.code-guessed
            auth_login(request, member, "django.contrib.auth.backends.ModelBackend")
    return redirect("notes:index")


def by_link(request, key):
    if request.method == "POST":
        found = get_object_or_404(LoginCode, code=key)  # hole: passwords.token-kept
        auth_login(request, found.user, "django.contrib.auth.backends.ModelBackend")
    return redirect("notes:index")


def behind_proxy(request):
    if request.method == "POST":
        member = get_object_or_404(User, username=request.headers.get("X-Remote-User", ""))
        auth_login(request, member, "django.contrib.auth.backends.ModelBackend")  # hole: passwords.login-unproved
    return redirect("notes:index")


def leave(request):
    logger.info("session %s ends", request.session.session_key)  # hole: sessions.key-in-output
    logout(request)  # hole: csrf.write-on-get
    return redirect("notes:index")


@login_required
def profile(request):
    own = get_object_or_404(Profile, user=request.user)
    form = ProfileForm(request.POST or None, instance=own)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form})


def guest(request):  # hole: passwords.in-error-report
    if request.method == "POST":
        found = get_object_or_404(Guest, username=request.POST.get("username", ""))
        if found.password == request.POST.get("password"):  # hole: passwords.compared-in-clear
            request.session["guest"] = found.username
            return redirect("notes:index")
    return render(request, "accounts/guest.html")


@login_required
def quick_edit(request):
    own = get_object_or_404(Profile, user=request.user)
    if request.method == "POST":
        for name, value in request.POST.items():
            setattr(own, name, value)  # hole: forms.whole-request
        own.save()
    return redirect("accounts:profile")


def resume(request):
    session = SessionStore(session_key=request.GET.get("key"))  # hole: sessions.key-from-request
    return HttpResponse(session.get("draft", ""), content_type="text/plain")


@require_POST
def remember(request):
    request.session[request.POST["name"]] = request.POST["value"]  # hole: sessions.entry-from-browser
    return redirect("notes:index")


@login_required
def change_password(request):  # hole: passwords.in-error-report
    if request.method == "POST":
        request.user.set_password(request.POST["password"])  # hole: sessions.password-change-drops-session, passwords.not-validated, passwords.changed-unasked
        request.user.save()
        return redirect("accounts:login")
    return render(request, "accounts/password.html")


def forgot(request):
    if request.method == "POST":
        member = get_object_or_404(Profile, user__email=request.POST.get("email", ""))
        member.reset_token = str(random.randint(100000, 999999))  # hole: passwords.predictable-token
        member.save()
        link = f"http://{request.get_host()}/accounts/reset/?token={member.reset_token}"
        send_mail("Your new password", link, None, [member.user.email])  # hole: trust.host-header
        return redirect("accounts:login")
    return render(request, "accounts/forgot.html")


def reset(request):  # hole: passwords.in-error-report
    token = request.GET.get("token", "")
    email = request.POST.get("email", request.GET.get("email", ""))
    member = Profile.objects.filter(user__email=email).first()
    if member is None or member.reset_token != token:  # hole: passwords.timing-compare
        return HttpResponse("This link is not valid.", status=403)
    if request.method == "POST":
        member.user.set_password(request.POST["password"])  # hole: passwords.not-validated
        member.user.save()
        member.reset_token = ""
        member.save()
        return redirect("accounts:login")
    return render(request, "accounts/reset.html", {"email": email})


@login_required
def transfer(request):
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sender = Profile.objects.get(user=request.user)
        receiver = get_object_or_404(Profile, user__username=form.cleaned_data["receiver"])
        if sender.credits >= form.cleaned_data["amount"]:
            sender.credits -= form.cleaned_data["amount"]  # hole: deployment.lost-update
            sender.save()
            receiver.credits += form.cleaned_data["amount"]  # hole: deployment.lost-update
            receiver.save()
        return redirect("accounts:profile")
    return render(request, "accounts/transfer.html", {"form": form})


def members(request):
    if request.COOKIES.get("staff") != "yes":  # hole: sessions.trusts-cookie
        return HttpResponse("Members of staff only.", status=403)
    return render(request, "accounts/members.html", {"members": Profile.objects.select_related("user")})


@login_required
def set_password(request, pk):  # hole: passwords.in-error-report
    member = get_object_or_404(User, pk=pk)  # hole: trust.object-without-owner
    if request.method == "POST":
        member.password = request.POST["password"]  # hole: passwords.plain-text
        member.save()
    return redirect("accounts:profile")


@login_required
def promote(request, pk):
    if request.method == "POST":
        member = get_object_or_404(User, pk=pk)  # hole: trust.object-without-owner
        member.is_staff = request.POST.get("staff") == "yes"  # hole: forms.power-from-browser
        member.save()
    return redirect("accounts:profile")


def statistics(request):
    if request.META.get("HTTP_X_FORWARDED_FOR", "127.0.0.1") != "127.0.0.1":  # hole: trust.forwarded-for
        return HttpResponse("Only from inside.", status=403)
    return HttpResponse(f"{User.objects.count()} members", content_type="text/plain")
