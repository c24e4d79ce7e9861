"""Who may reach a view, and whether its requests need a token."""

from __future__ import annotations

from textwrap import dedent

import pytest
from tests.site.linked import site_of

from pickguard.site.views.view import View

SETTINGS = """\
SECRET_KEY = "a"
ROOT_URLCONF = "urls"
INSTALLED_APPS = []
MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
"""
HEAD = """\
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.decorators import user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.utils.decorators import method_decorator
from django.views import View
from django.views.generic import RedirectView, TemplateView
from elsewhere import Elsewhere
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.views import APIView
"""


def view(code: str, *, settings: str = "", **files: str) -> View:
    """Return the view `v`, a function or a class, as a route reaches it."""
    code = dedent(code)
    target = "views.v.as_view()" if "class v" in code else "views.v"
    site = site_of(
        {
            "settings.py": SETTINGS + settings,
            "urls.py": f"from django.urls import path\nimport views\n"
            f"urlpatterns = [path('v/', {target})]\n",
            "views.py": HEAD + code,
            **{f"{name}.py": text for name, text in files.items()},
        }
    )
    ((_route, found),) = site.routes
    return found


FUNCTION = "def v(request):\n    pass\n"


@pytest.mark.parametrize(
    ("code", "login"),
    [
        (FUNCTION, False),
        ("@login_required\n" + FUNCTION, True),
        ("@permission_required('shop.add')\n" + FUNCTION, True),
        ("def v(request):\n    if request.user.is_authenticated: pass\n", None),
        ("def v(request):\n    if not request.user.is_authenticated: return redirect('/')\n", True),
        ("def v(request):\n    u = request.user\n    if u.is_anonymous: raise Http404\n", True),
        ("def v(request):\n    a()\n    if not request.user.is_authenticated: return\n", None),
        ("def v(request):\n    if 'user_id' not in request.session: return redirect('/')\n", True),
        (
            "def v(request):\n    if not request.session.get('username'): return redirect('/')\n",
            True,
        ),
        (
            "def v(request):\n    who = request.session.get('member_id')\n    if who is None: return\n",
            True,
        ),
        (
            "class v(View):\n    def get(self, request):\n        if 'uid' not in request.session: return\n",
            True,
        ),
        ("def v(request):\n    if 'cart' not in request.session: return redirect('/')\n", False),
        (
            "def v(request):\n    if 'user_id' in request.session: return redirect('/')\n    a()\n",
            False,
        ),
        ("def v(request):\n    who = request.user\n    if not who: return redirect('/')\n", False),
        (
            (
                "def v(request):\n    if request.user.is_authenticated:\n        pass\n"
                "    else:\n        return redirect('/')\n"
            ),
            True,
        ),
        (
            (
                "def v(request):\n    if request.user.is_authenticated: return redirect('/')\n"
                "    return render(request, 'welcome.html')\n"
            ),
            None,
        ),
        ("class v(View):\n    def get(self, request): pass\n", False),
        ("class v(LoginRequiredMixin, View):\n    def get(self, request): pass\n", True),
        (
            (
                "class v(View):\n    def get(self, request):\n"
                "        if not request.user.is_authenticated: return self.handle_no_permission()\n"
                "        return render(request, 'a.html')\n"
            ),
            True,
        ),
        (
            (
                "class v(View):\n    def get(self, request):\n"
                "        if not request.user.is_authenticated: return self.handle_no_permission()\n"
                "    def post(self, request): pass\n"
            ),
            None,
        ),
        ("class v(View, LoginRequiredMixin):\n    def get(self, request): pass\n", False),
        (
            "class Base(LoginRequiredMixin, View): pass\nclass v(RedirectView, Base):\n    url = '/'\n",
            True,
        ),
        ("class v(TemplateView, LoginRequiredMixin, Elsewhere):\n    pass\n", True),
        ("@api_view()\n@permission_classes([IsAdminUser])\n" + FUNCTION, True),
        ("@permission_classes([IsAdminUser])\n@api_view()\n" + FUNCTION, False),
        ("@method_decorator(login_required, name='dispatch')\nclass v(View): pass\n", True),
        (
            "class v(View):\n    def dispatch(self, request):\n        return redirect_to_login(1)\n",
            True,
        ),
    ],
)
def test_a_view_asks_for_a_login_or_not_or_nobody_can_tell(code, login):
    """Decorators and mixins tell; a look at the user may only choose a page."""
    assert view(code).login is login


@pytest.mark.parametrize(
    ("name", "login", "permissions"),
    [
        ("login_required", True, ()),
        ("staff_required", True, ("staff_required",)),
        ("paid_plan", False, ()),
    ],
)
def test_a_decorator_of_an_unknown_library_is_told_by_its_name(name, login, permissions):
    found = view(f"from gatekeeper import {name}\n@{name}\n{FUNCTION}")
    assert (found.login, found.permissions) == (login, permissions)


@pytest.mark.parametrize(
    ("asked", "login"),
    [("request.session.get('_auth_user_id')", True), ("request.GET.get('user_id')", False)],
)
def test_a_decorator_of_the_project_that_looks_into_the_session(asked, login):
    """As sites with a login of their own do."""
    code = f"""
    def known(view):
        def inner(request, *args):
            user_id = {asked}
            if user_id:
                request.member = user_id
                return view(request, *args)
            else:
                return HttpResponseRedirect("/login/")
        return inner
    @known
    def v(request): ...
    """
    assert view(HEAD + dedent(code)).login is login


def test_a_decorator_of_the_project_under_another_name_for_djangos():
    own = """
    from django.contrib.auth.decorators import login_required as asked
    def member(view):
        def wrapper(request, *args, **kwargs):
            return asked(view)(request, *args, **kwargs)
        return wrapper
    """
    assert view(dedent(own) + "@member\n" + FUNCTION).login is True


GUARDED = "class Inner(LoginRequiredMixin, View):\n    def get(self, request): pass\n"
OPEN = "class Other(View):\n    def get(self, request): pass\n"
HANDS_ON = "def v(request, pk):\n    return {}.as_view()(request, pk=pk)\n"


@pytest.mark.parametrize(
    ("code", "login"),
    [
        (GUARDED + HANDS_ON.format("Inner"), True),
        (OPEN + HANDS_ON.format("Other"), False),
        (HANDS_ON.format("unknown()"), None),
        (GUARDED + "def v(request):\n    page = Inner.as_view()\n    return page(request)\n", True),
        ("def v(request):\n    page = unknown().as_view()\n    return page(request)\n", None),
        (
            "from django.views.generic import TemplateView\n" + HANDS_ON.format("TemplateView"),
            False,
        ),
        (
            GUARDED
            + OPEN
            + "def v(request):\n"
            + "    if request.GET: return Inner.as_view()(request)\n"
            + "    return Other.as_view()(request)\n",
            None,
        ),
        (GUARDED + "def v(request):\n    page = Inner.as_view()\n    return page\n", False),
        (GUARDED + "def v(request):\n    Inner.as_view()\n", False),
    ],
)
def test_a_function_asks_what_the_class_asks_that_it_hands_the_request_to(code, login):
    assert view(code).login is login


def test_a_middleware_may_ask_for_the_login_of_all_views():
    """Django's own does; one of the project that looks at the login leaves it open."""
    django = "MIDDLEWARE += ['django.contrib.auth.middleware.LoginRequiredMiddleware']\n"
    assert view(FUNCTION, settings=django).login is True
    gate = "class Gate:\n    def __call__(self, request):\n        return redirect_to_login('/')\n"
    assert view(FUNCTION, settings="MIDDLEWARE += ['gate.Gate']\n", gate=gate).login is None


@pytest.mark.parametrize(
    ("classes", "login"),
    [
        ("[IsAuthenticated]", True),
        ("[AllowAny]", False),
        ("[IsAdminUser]", True),
        ("[elsewhere()]", None),
        ("[AllowAny] + [IsAuthenticated]", True),
        ("[IsAuthenticated & elsewhere()]", True),
        ("[IsAuthenticated | elsewhere()]", None),
        ("[IsOwner]", True),
        ("[IsOwner | AllowAny]", False),
    ],
)
def test_permission_classes_tell_who_may_call_an_api(classes, login):
    """On a class or on a function; what cannot be read is not guessed."""
    named = "IsOwner = IsAdminUser | IsAuthenticated & elsewhere()\n"
    on_class = f"{named}class v(APIView):\n    permission_classes = {classes}\n"
    on_function = f"{named}@api_view(['GET'])\n@permission_classes({classes})\n{FUNCTION}"
    assert view(on_class).login is login
    assert view(on_function).login is login


@pytest.mark.parametrize(
    ("code", "login"),
    [
        ("return [IsAdminUser()]", True),
        ("return [IsAdminUser()] if self.request.method == 'GET' else []", None),
        ("if a:\n            return [AllowAny()]\n        return [IsAdminUser()]", None),
        ("if a:\n            return [IsAuthenticated()]\n        return [IsAdminUser()]", True),
        ("return super().get_permissions()", True),
        ("return [one() for one in self.permission_classes]", True),
        (
            "permission_classes = [AllowAny]\n        return [p() for p in permission_classes]",
            None,
        ),
        (
            "self.permission_classes = [IsAdminUser & a]\n        return super().get_permissions()",
            True,
        ),
    ],
)
def test_permissions_that_a_method_chooses(code, login):
    """A login is asked for where each of them does; else nobody can tell."""
    head = "class v(APIView):\n    permission_classes = [IsAuthenticated]\n"
    method = f"    def get_permissions(self):\n        {code}\n"
    assert view(head + method).login is login


@pytest.mark.parametrize(
    ("answer", "login"),
    [
        ("return request.user.is_authenticated", True),
        ("return request.user.is_staff if settings.CLOSED else True", None),
        ("return True if settings.OPEN or request.user.is_staff else False", None),
        ("if not request.user.is_staff:\n            return False\n        return True", True),
        ("if request.user.is_staff:\n            return True\n        return False", True),
        ("if a or request.user.is_staff:\n            return True\n        return False", None),
        ("if a and request.user.is_staff:\n            return True\n        return False", True),
        ("if request.user.is_anonymous and a:\n            raise No\n        return True", None),
        ("if request.user.is_anonymous or a:\n            raise No\n        return True", True),
        ("return other.has_permission(request, view)", None),
        ("return True", False),
    ],
)
def test_a_permission_of_the_project_is_read(answer, login):
    """Who may say yes without having looked at who asks, asks for no login for certain."""
    own = f"class Own(BasePermission):\n    def has_permission(self, request, view):\n        {answer}\n"
    assert view(f"{own}class v(APIView):\n    permission_classes = [Own]\n").login is login


@pytest.mark.parametrize(
    ("default", "login"),
    [
        ("rest_framework.permissions.IsAuthenticated", True),
        ("rest_framework.permissions.AllowAny", False),
        (None, False),
    ],
)
def test_an_api_without_permission_classes_has_the_settings(default, login):
    """`DEFAULT_PERMISSION_CLASSES`; without it, REST framework lets everybody in."""
    framework = {"DEFAULT_PERMISSION_CLASSES": [default]} if default else {}
    for code in ("class v(APIView): pass\n", f"@api_view(['GET'])\n{FUNCTION}"):
        found = view(code, settings=f"REST_FRAMEWORK = {framework!r}\n")
        assert (found.kind, found.login) == ("api", login)


def test_a_function_names_the_permissions_of_the_settings():
    settings = "REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['gate.Member']}\n"
    gate = "class Member(BasePermission):\n    pass\n"
    api = f"@api_view(['GET'])\n{FUNCTION}"
    assert view(api, settings=settings, gate=gate).permissions == ("Member",)
    asked = "@permission_classes([IsAdminUser])\n"
    found = view(f"@api_view(['GET'])\n{asked}{FUNCTION}", settings=settings, gate=gate)
    assert "Member" not in found.permissions


@pytest.mark.parametrize(
    ("code", "csrf"),
    [
        (FUNCTION, True),
        ("@csrf_exempt\n" + FUNCTION, False),
        ("@csrf_exempt\n@csrf_protect\n" + FUNCTION, True),
        ("class v(View):\n    csrf_exempt = True\n", False),
        ("class v(APIView):\n    authentication_classes = [SessionAuthentication]\n", True),
        ("class v(APIView):\n    authentication_classes = [TokenAuthentication]\n", False),
        ("class v(APIView): pass\n", True),
        (
            "@api_view(['POST'])\n@authentication_classes([TokenAuthentication])\n" + FUNCTION,
            False,
        ),
    ],
)
def test_a_request_without_a_token_is_refused_or_not(code, csrf):
    """By the middleware and decorators; an API checks the token with session logins alone."""
    assert view(code).csrf is csrf


def test_without_the_middleware_no_token_is_asked_for():
    """Unless the view asks for it itself."""
    settings = "MIDDLEWARE = ['django.middleware.common.CommonMiddleware']\n"
    assert view(FUNCTION, settings=settings).csrf is False
    assert view("@csrf_protect\n" + FUNCTION, settings=settings).csrf is True


@pytest.mark.parametrize(
    ("code", "permissions"),
    [
        ("@permission_required('shop.add')\n" + FUNCTION, ("shop.add",)),
        ("@user_passes_test(lambda user: user.is_staff)\n" + FUNCTION, ("user_passes_test",)),
        ("@user_passes_test(lambda user: user.is_authenticated)\n" + FUNCTION, ()),
        (
            "def known(user): return user.is_authenticated\n@user_passes_test(known)\n" + FUNCTION,
            (),
        ),
        ("@permission_required(['shop.add', 'shop.see'])\n" + FUNCTION, ("shop.add", "shop.see")),
        ("RIGHT = 'shop.add'\n@permission_required(RIGHT)\n" + FUNCTION, ("shop.add",)),
        (
            "class Right(Enum):\n    ADD = f'shop.{ADDING}'\nADDING = 'add'\n"
            "@permission_required(Right.ADD)\n" + FUNCTION,
            ("shop.add",),
        ),
        (
            "class v(PermissionRequiredMixin, View):\n    permission_required = 'shop.add'\n",
            ("shop.add",),
        ),
        ("class v(APIView):\n    permission_classes = [IsAdminUser]\n", ("IsAdminUser",)),
        (
            "IsOwner = IsAdminUser | Other\nclass v(APIView):\n    permission_classes = [IsOwner]\n",
            ("IsAdminUser", "Other"),
        ),
        (FUNCTION, ()),
    ],
)
def test_permissions_have_their_names(code, permissions):
    """As the project writes them, for people to look up."""
    assert view(code).permissions == permissions


def test_framing_is_what_a_decorator_says():
    """Without one, the settings decide."""
    assert view("@xframe_options_exempt\n" + FUNCTION).framing == "exempt"
    assert view(FUNCTION).framing is None


def test_middleware_that_is_not_set_is_none_and_what_cannot_be_read_is_no_guess():
    """Django's default is an empty list; a star import of something outside may set another."""
    unset = SETTINGS.partition("MIDDLEWARE")[0]
    urls = "from django.urls import path\nimport views\nurlpatterns = [path('v/', views.v)]\n"
    for start, csrf in (("", False), ("from elsewhere import *\n", None)):
        files = {"settings.py": start + unset, "urls.py": urls, "views.py": HEAD + FUNCTION}
        assert [found.csrf for _route, found in site_of(files).routes] == [csrf]


def test_a_serializer_that_a_get_shows_is_not_written():
    files = {
        "urls.py": "from django.urls import path\nfrom api import Me\nurlpatterns = [path('me/', Me.as_view())]\n",
        "api.py": """
            from rest_framework.response import Response
            from rest_framework.serializers import ModelSerializer
            from rest_framework.views import APIView
            from models import Note
            class NoteSerializer(ModelSerializer):
                class Meta:
                    model = Note
                    fields = "__all__"
            class Me(APIView):
                def get(self, request):
                    return Response(NoteSerializer(request.user).data)
        """,
        "models.py": "from django.db import models\nclass Note(models.Model):\n    text = models.TextField()\n",
    }
    assert [view.writes for _route, view in site_of(files).routes] == [()]


@pytest.mark.parametrize(
    ("code", "login"),
    [
        # a decorator that another decorator makes of a test of the user
        (
            """
            from django.core.exceptions import PermissionDenied
            def deciding(test):
                def decorator(view):
                    def inner(request):
                        if not test(request.user):
                            raise PermissionDenied
                        return view(request)
                    return inner
                return decorator
            @deciding
            def manager_required(user):
                return user.is_manager
            @manager_required
            def v(request): pass
            """,
            True,
        ),
        # libraries offer mixins of the same names
        (
            """
            from rules.contrib.views import PermissionRequiredMixin as Gate
            class v(Gate, View):
                def get(self, request): pass
            """,
            True,
        ),
        # of another library's mixin nothing is known
        (
            """
            from somewhere.views import TenantMixin
            class v(TenantMixin, View):
                def get(self, request): pass
            """,
            None,
        ),
        # some pages are for everyone
        (
            """
            from django.contrib.auth.views import redirect_to_login
            class v(View):
                def dispatch(self, request):
                    if not request.user.is_authenticated and not self.page.public:
                        return redirect_to_login("/")
                    return super().dispatch(request)
            """,
            None,
        ),
    ],
)
def test_what_a_project_or_another_library_checks(code, login):
    """A gate is seen where it stands; what may be one is no guess."""
    assert view(HEAD + dedent(code)).login is login


def test_views_of_libraries_that_are_exempt():
    """Tokens of OAuth are asked for without a session, so that its view is exempt."""
    code = "from oauth2_provider.views import TokenView\nclass v(TokenView): pass\n"
    assert view(HEAD + code).csrf is False


def test_what_a_gate_reaches_through_super_counts():
    """A check stands in the base, the nearest `dispatch` only passes it on."""
    bases = (
        "class Gate(View):\n    def dispatch(self, request):\n"
        "        if not self.has_permission(request):\n            return self.refuse()\n"
        "        return super().dispatch(request)\n"
        "class Timed(View):\n    def dispatch(self, request):\n        return super().dispatch(request)\n"
    )
    found = view(f"{bases}class v(Timed, Gate):\n    def get(self, request): ...\n")
    assert (found.login, found.permissions) == (None, ("dispatch",))


def test_a_view_that_names_a_right_is_not_called_open():
    found = view(
        "class v(Base):\n    permission_required = 'a.b'\n    def get(self, request): ...\n"
    )
    assert (found.login, found.permissions) == (None, ("a.b",))


CLOSED = "CLOSED = getattr(configuration, 'CLOSED', {default})\n"


@pytest.mark.parametrize(("default", "login"), [("True", True), ("False", None)])
def test_a_gate_that_a_setting_opens_is_shut_where_the_setting_says_so(default, login):
    """What the installation may set otherwise has the default that the settings give."""
    code = """
    class v(View):
        def dispatch(self, request):
            if settings.CLOSED and not request.user.is_authenticated:
                return self.handle_no_permission()
            return super().dispatch(request)
    """
    assert view(HEAD + dedent(code), settings=CLOSED.format(default=default)).login is login


@pytest.mark.parametrize(("default", "login"), [("True", True), ("False", None)])
def test_a_permission_that_a_setting_opens(default, login):
    code = """
    class Own(BasePermission):
        def has_permission(self, request, view):
            if not settings.CLOSED:
                return True
            return request.user.is_authenticated

    class v(APIView):
        permission_classes = [Own]
    """
    assert view(HEAD + dedent(code), settings=CLOSED.format(default=default)).login is login


def test_a_stranger_has_no_credentials_of_an_api_either():
    code = """
    class Own(BasePermission):
        def has_permission(self, request, view):
            if not request.user.is_authenticated and not isinstance(request.auth, Device):
                return False
            return True

    class Narrower(Own):
        def has_permission(self, request, view):
            if not super().has_permission(request, view):
                return False
            return view.action != "destroy"

    class v(APIView):
        permission_classes = [Narrower]
    """
    assert view(HEAD + dedent(code)).login is True


def test_a_mixin_whose_as_view_puts_a_decorator_around():
    code = """
    def staff_only(view):
        def inner(request):
            if not request.user.is_authenticated:
                raise PermissionDenied
            return view(request)
        return inner

    def right_required(name):
        def around(view):
            def inner(request):
                if not request.user.has_perm(name):
                    raise PermissionDenied
                return view(request)
            return inner
        return around

    class Wrapped:
        right = "notes.view"
        @classmethod
        def as_view(cls, **initkwargs):
            found = super().as_view(**initkwargs)
            return {}

    class v(Wrapped, View):
        def get(self, request): ...
    """
    assert view(HEAD + dedent(code).format("staff_only(found)")).login is True
    assert view(HEAD + dedent(code).format("timed(found)")).login is False
    named = view(HEAD + dedent(code).format("right_required(cls.right)(found)"))
    assert (named.login, named.permissions) == (True, ("notes.view",))


def test_an_api_without_permission_classes_that_checks_by_itself():
    """The list is empty since the class has a check of its own, which turns strangers away."""
    code = """
    class v(APIView):
        permission_classes = []
        def check_permissions(self, request):
            if not request.user.is_authenticated:
                raise NotAuthenticated
            {}
    """
    assert view(HEAD + dedent(code).format("return None")).login is True
    doubtful = dedent(code).replace("raise NotAuthenticated", "self.limited = True")
    assert view(HEAD + doubtful.format("return None")).login is None


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("rights.notes_view", ("notes.view",)),
        ("Rights.notes_view", ("notes.view",)),
        ("ByMethod(GET=rights.notes_view, POST='notes.add')", ("notes.view", "notes.add")),
        ("{'post': 'notes.add'}", ("notes.add",)),
        ("None", ()),
        ("computed()", ("permission_required",)),
    ],
)
def test_rights_are_followed_to_where_they_are_written(asked, names):
    """Through an instance of a class that holds them all, and one for each method."""
    code = f"""
    class Rights:
        notes_view: str = "notes.view"

    rights = Rights()

    class v(View):
        permission_required = {asked}
        def get(self, request): ...
    """
    assert view(HEAD + dedent(code)).permissions == names


def test_what_a_generic_api_leaves_its_work_to_is_a_handler():
    found = view(
        """
        from rest_framework.generics import RetrieveDestroyAPIView
        from rest_framework.views import APIView

        class v(RetrieveDestroyAPIView):
            def retrieve(self, request, *args, **kwargs): ...
            def destroy(self, request, *args, **kwargs): ...
            def create(self, request, *args, **kwargs): ...
        """
    )
    assert [(method, function.node.name) for method, function in found.handlers] == [
        ("get", "retrieve"),
        ("delete", "destroy"),
    ]


def test_a_method_that_a_plain_api_calls_so_is_no_handler():
    found = view(
        "class v(APIView):\n    def get(self, request): ...\n    def list(self, request): ...\n"
    )
    assert [function.node.name for _method, function in found.handlers] == ["get"]


@pytest.mark.parametrize(
    ("decorator", "methods"),
    [
        ("@allow(['POST'])", ("POST",)),
        ("@allow('get', 'post')", ("GET", "POST")),
        ("@allow('notes', 'POST')", None),
        ("@allow()", None),
    ],
)
def test_methods_that_a_decorator_of_the_project_lets_through(decorator, methods):
    own = "def allow(*methods):\n    return lambda view: view\n"
    assert view(f"{own}{decorator}\n{FUNCTION}").methods == methods


API_SETTINGS = """
REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}
"""
API_URLS = """
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.routers import DefaultRouter
from views import Report, ReportSet
router = DefaultRouter()
router.register("set", ReportSet)
urlpatterns = [
    path("report/", Report.as_view()),
    path("report/staff/", Report.as_view(permission_classes=[IsAdminUser], authentication_classes=[])),
    path("schema/", SpectacularAPIView.as_view()),
    path("schema/staff/", SpectacularAPIView.as_view(permission_classes=[IsAdminUser])),
    path("schema/all/", SpectacularAPIView.as_view(permission_classes=[AllowAny])),
    path("", include(router.urls)),
]
"""
API_VIEWS = """
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission

class Report(APIView):
    permission_classes = [AllowAny]
    def get(self, request):
        pass

class ReportSet(viewsets.ModelViewSet):
    queryset = Report.objects.all()

    class MayRun(BasePermission):
        def has_permission(self, request, view):
            return request.user.is_authenticated and request.user.has_perm("reports.run")

    @action(detail=False)
    def closed(self, request):
        pass

    @action(detail=False, permission_classes=[AllowAny], throttle_classes=[Slow])
    def open(self, request):
        pass

    @action(detail=False, permission_classes=[MayRun])
    def run(self, request):
        pass
"""


def _api(settings: str = "") -> dict[str | None, View]:
    site = site_of(
        {
            "settings.py": SETTINGS + API_SETTINGS + settings,
            "urls.py": API_URLS,
            "views.py": HEAD + API_VIEWS,
        }
    )
    return {route.route: found for route, found in site.routes}


def test_what_a_route_or_an_action_sets_goes_before_the_class():
    """`as_view(permission_classes=…)` and `@action(permission_classes=…)` decide for their route alone."""
    found = _api()
    assert found["report/"].login is False
    assert found["report/staff/"].login is True
    assert found["report/staff/"].csrf is False
    assert found["^set/closed/$"].login is True
    assert found["^set/open/$"].login is False
    assert found["^set/open/$"].throttled is True
    assert found["^set/closed/$"].throttled is False


def test_permission_classes_may_stand_in_the_class_that_lists_them():
    found = _api()["^set/run/$"]
    assert found.login is True
    assert found.permissions == ("MayRun",)


def test_a_librarys_api_asks_for_what_its_settings_say():
    """The root page of a router has the default permissions, a schema those of its own setting."""
    found = _api()
    assert found[""].login is True
    assert found["schema/"].login is False
    assert found["schema/staff/"].login is True
    assert found["schema/all/"].login is False
    told = """
SPECTACULAR_SETTINGS = {"SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"]}
"""
    assert _api(told)["schema/"].login is True
