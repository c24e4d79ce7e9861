"""Addresses of the accounts."""

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy

from accounts import doors, views
from accounts.forms import LoginForm

app_name = "accounts"
urlpatterns = [
    path("signup/", views.signup, name="signup"),
    path(
        "login/",
        auth.LoginView.as_view(
            template_name="accounts/login.html", authentication_form=LoginForm
        ),
        name="login",
    ),
    path("quick-login/", views.quick_login, name="quick-login"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("link/<str:key>/", views.by_link, name="link"),
    path("proxy/", views.behind_proxy, name="proxy"),
    path("code/", views.enter_code, name="code"),
    path("code-of/", views.code_of, name="code-of"),
    path("logout/", auth.LogoutView.as_view(next_page="notes:index"), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("guest/", views.guest, name="guest"),
    path("quick-edit/", views.quick_edit, name="quick-edit"),
    path("resume/", views.resume, name="resume"),
    path("remember/", views.remember, name="remember"),
    path(
        "password/",
        auth.PasswordChangeView.as_view(
            template_name="accounts/form.html", success_url=reverse_lazy("accounts:profile")
        ),
        name="password",
    ),
    path(
        "forgot/",
        auth.PasswordResetView.as_view(
            template_name="accounts/form.html",
            email_template_name="accounts/reset_mail.txt",
            subject_template_name="accounts/reset_subject.txt",
            success_url=reverse_lazy("accounts:login"),
        ),
        name="forgot",
    ),
    path(
        "reset/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(
            template_name="accounts/form.html", success_url=reverse_lazy("accounts:login")
        ),
        name="reset",
    ),
    path("join/", doors.Join.as_view(), name="join"),
    path("activate/<int:pk>/<str:token>/", doors.activate, name="activate"),
    path("recover/", doors.recover, name="recover"),
    path("remind/", doors.remind, name="remind"),
    path("back/", doors.back_from_shop, name="back"),
    path("send-code/", doors.send_code, name="send-code"),
    path("everybody/", doors.everybody, name="everybody"),
    path("shop/", doors.shop_webhook, name="shop"),
    path("tip/", doors.tip, name="tip"),
    path("depart/", doors.depart, name="depart"),
    path("transfer/", views.transfer, name="transfer"),
    path("members/", views.members, name="members"),
    path("members/<int:pk>/password/", views.set_password, name="set-password"),
    path("members/<int:pk>/promote/", views.promote, name="promote"),
    path("statistics/", views.statistics, name="statistics"),
]
