"""Addresses of the accounts."""

from django.urls import path

from accounts import doors, views

app_name = "accounts"
urlpatterns = [
    path("signup/", views.signup, name="signup"),
    path("login/", views.login, name="login"),  # hole: passwords.no-attempt-limit
    path("quick-login/", views.quick_login, name="quick-login"),
    path("second-factor/", views.second_factor, name="second-factor"),
    path("link/<str:key>/", views.by_link, name="link"),
    path("proxy/", views.behind_proxy, name="proxy"),
    path("code/", views.enter_code, name="code"),
    path("code-of/", views.code_of, name="code-of"),
    path("logout/", views.leave, name="logout"),
    path("profile/", views.profile, name="profile"),
    path("guest/", views.guest, name="guest"),
    path("quick-edit/", views.quick_edit, name="quick-edit"),
    path("resume/", views.resume, name="resume"),
    path("remember/", views.remember, name="remember"),
    path("password/", views.change_password, name="password"),
    path("forgot/", views.forgot, name="forgot"),
    path("reset/", views.reset, name="reset"),
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
