"""Forms write what Django would let them write, and fields know when they were added."""

import pytest
from tests.site.linked import linked, site_of

MODELS = """
    from django.conf import settings
    from django.db import models
    class Base(models.Model):
        created = models.DateTimeField(auto_now_add=True)
        class Meta:
            abstract = True
    class Profile(Base):
        user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
        phone = models.CharField(max_length=20)
        secret = models.CharField(max_length=20, editable=False)
        is_admin = models.BooleanField(default=False)
"""


def _form(body, base="forms.ModelForm", imports="from django import forms"):
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/forms.py": f"""
                {imports}
                from shop.models import Profile
                NAMES = ("phone",)
                class ProfileForm({base}):
                    {body}
            """,
        }
    )
    return next(form for form in site.forms.all if form.symbol.node.name == "ProfileForm")


@pytest.mark.parametrize(
    ("meta", "writes"),
    [
        ('fields = ["phone"]', ("phone",)),
        ('fields = "__all__"', ("user", "phone", "is_admin")),
        ('exclude = ("user",)', ("phone", "is_admin")),
        ("fields = NAMES", ("phone",)),
        ('fields = NAMES + ("user",)', ("phone", "user")),
        ("fields = compute()", None),
        ('fields = ["phone", "nothing"]', ("phone",)),
    ],
)
def test_what_a_model_form_writes(meta, writes):
    assert (
        _form(
            f"Meta = type('x', (), {{}})\n    class Meta:\n        model = Profile\n        {meta}".replace(
                "\n    ", "\n                    "
            )
        ).writes
        == writes
    )


def test_what_a_serializer_does_not_write():
    form = _form(
        "class Meta:\n                        model = Profile\n"
        '                        fields = "__all__"\n'
        '                        read_only_fields = ["user"]\n'
        '                        extra_kwargs = {"is_admin": {"read_only": True}}\n',
        base="serializers.ModelSerializer",
        imports="from rest_framework import serializers",
    )
    assert form.writes == ("phone",)


def test_fields_know_the_migration_that_added_them():
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/migrations/__init__.py": "",
            "shop/migrations/0001_initial.py": """
                from django.db import migrations, models
                class Migration(migrations.Migration):
                    operations = [migrations.CreateModel("Profile", fields=[])]
            """,
            "shop/migrations/0002_old.py": """
                from django.db import migrations, models
                class Migration(migrations.Migration):
                    operations = [migrations.AddField(
                        model_name="profile", name="admin", field=models.BooleanField())]
            """,
            "shop/migrations/0003_rename.py": """
                from django.db import migrations
                class Migration(migrations.Migration):
                    operations = [migrations.RenameField("profile", "admin", "is_admin")]
            """,
        }
    )
    model = site.models.by_label["shop.profile"]
    assert {f.name: f.since for f in model.fields} == {
        "created": None,
        "user": None,
        "phone": None,
        "secret": None,
        "is_admin": "0002_old",
    }
    assert model.editable == ("user", "phone", "is_admin")


def test_djangos_own_user_is_known():
    site = site_of(
        {
            "forms.py": """
                from django.contrib.auth.models import User
                from django.forms import ModelForm
                class Edit(ModelForm):
                    class Meta:
                        model = User
                        exclude = ["password"]
            """
        }
    )
    form = site.forms.all[0]
    assert form.model.label == "auth.User"
    assert {"is_superuser", "username"} <= set(form.writes or ())


def _serializer(body):
    text = "\n                    ".join(body.splitlines())
    return _form(
        text, base="serializers.ModelSerializer", imports="from rest_framework import serializers"
    ).writes


@pytest.mark.parametrize(
    ("body", "writes"),
    [
        # `Meta` has no say over what is declared
        (
            """phone = serializers.CharField()
class Meta:
    model = Profile
    fields = ["phone", "user"]
    read_only_fields = ["phone", "user"]""",
            ("phone",),
        ),
        # a key or field that no form shows is written where it is declared
        (
            """id = serializers.IntegerField()
secret = serializers.CharField()
class Meta:
    model = Profile
    fields = ["id", "secret"]""",
            ("id", "secret"),
        ),
        (
            """class Meta:
    model = Profile
    fields = ["secret"]
    extra_kwargs = {"secret": {"read_only": False}}""",
            ("secret",),
        ),
        # names in the body of `Meta` are looked up there
        (
            """class Meta:
    model = Profile
    basic = ["phone"]
    fields = basic + ["user"]""",
            ("phone", "user"),
        ),
        (
            """class Meta:
    model = Profile
    fields = "__all__"
def __init__(self, *args, **kwargs):
    super().__init__(*args, **kwargs)
    self.fields["user"].read_only = True
    self.fields.pop("phone")
    if self.context:
        self.fields["is_admin"].read_only = True""",
            ("is_admin",),
        ),
        (
            """class Meta:
    model = Profile
    fields = "__all__"
def __init__(self, *args, **kwargs):
    super().__init__(*args, **kwargs)
    for name in ("phone", "is_admin"):
        self.fields[name].read_only = True""",
            ("user",),
        ),
        (
            """class Meta:
    model = Profile
    fields = "__all__"
def get_field_names(self, declared, info):
    names = super().get_field_names(declared, info)
    return [name for name in names if not name.startswith("is_")]""",
            ("user", "phone"),
        ),
        # a field that no form shows is one of all the same, where `Meta` makes it writable
        (
            """class Meta:
    model = Profile
    fields = "__all__"
    extra_kwargs = {"secret": {"read_only": False}}""",
            ("user", "phone", "secret", "is_admin"),
        ),
        # what the body of `Meta` does to its list
        (
            """class Meta:
    model = Profile
    fields = ["phone"]
    fields += ["is_admin"]
    fields.append("user")
    fields.remove("phone")""",
            ("is_admin", "user"),
        ),
        (
            """class Meta:
    model = Profile
    fields = ["phone"]
    fields.extend(compute())""",
            None,
        ),
        # what `get_field_names` adds, by itself or by a method
        (
            """class Meta:
    model = Profile
    fields = ["phone"]
def also(self, names, name):
    names.append(name)
def get_field_names(self, declared, info):
    names = list(super().get_field_names(declared, info))
    names.insert(0, "is_admin")
    if not self.is_nested:
        self.also(names, "user")
    if self.context:
        names.append("secret")
    return names""",
            ("phone", "is_admin", "user"),
        ),
    ],
)
def test_what_a_serializer_writes(body, writes):
    """A serializer writes what REST framework lets it write, which is not what a form does."""
    assert _serializer(body) == writes


def test_links_through_a_model_of_their_own_are_not_written():
    """REST framework makes such a relation read-only; a model form saves it."""
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": """
                from django.db import models
                class Team(models.Model):
                    members = models.ManyToManyField("auth.User", through="Membership")
                    guests = models.ManyToManyField("auth.User")
            """,
            "shop/api.py": """
                from django import forms
                from rest_framework import serializers
                from shop.models import Team
                class TeamSerializer(serializers.ModelSerializer):
                    class Meta:
                        model = Team
                        fields = "__all__"
                class TeamForm(forms.ModelForm):
                    class Meta:
                        model = Team
                        fields = "__all__"
            """,
        }
    )
    writes = {form.kind: form.writes for form in site.forms.all}
    assert writes == {"serializer": ("guests",), "form": ("members", "guests")}


FIELD_CLASSES = """
    from django.db import models
    class CountField(models.IntegerField):
        def __init__(self, *args, **kwargs):
            kwargs["editable"] = False
            super().__init__(*args, **kwargs)
    class StampField(models.DateTimeField):
        def __init__(self, *args, **kwargs):
            kwargs.setdefault("editable", False)
            super().__init__(*args, **kwargs)
    class FixedField(models.CharField):
        def __init__(self, **kwargs):
            super().__init__(editable=False, **kwargs)
    class PackedField(models.BinaryField):
        pass
    class NamedFieldManager(models.Manager):
        pass
    class Box(models.Model):
        name = models.CharField(max_length=9)
        count = CountField()
        stamp = StampField()
        shown = StampField(editable=True)
        fixed = FixedField()
        packed = PackedField()
        open = PackedField(editable=True)
        raw = models.BinaryField()
        objects = NamedFieldManager()
"""


def test_classes_of_fields_say_whether_forms_show_them():
    """Django hides binary fields; a project's own class may hide its fields; a manager is none."""
    site = site_of({"shop/__init__.py": "", "shop/models.py": FIELD_CLASSES})
    model = site.models.by_label["shop.box"]
    assert model.field("objects") is None
    assert model.editable == ("name", "shown", "open")


@pytest.mark.parametrize(
    ("body", "writes"),
    [
        ("fields = '__all__'", ("name",)),
        ("fields = ['name', 'tags']", ("name",)),
        ("exclude = ['name']", ()),
    ],
)
def test_a_serializer_writes_no_tags_that_it_does_not_declare(body, writes):
    """A manager of tags is no field to REST framework; a model form saves it."""
    files = {
        "shop/__init__.py": "",
        "shop/models.py": """
            from django.db import models
            from taggit.managers import TaggableManager
            class Labels(TaggableManager):
                pass
            class Box(models.Model):
                name = models.CharField(max_length=9)
                tags = TaggableManager()
                labels = Labels()
        """,
        "shop/api.py": f"""
            from rest_framework import serializers
            from django import forms
            from shop.models import Box
            class Plain(serializers.ModelSerializer):
                class Meta:
                    model = Box
                    {body}
            class Declared(serializers.ModelSerializer):
                tags = TagListSerializerField()
                class Meta:
                    model = Box
                    fields = "__all__"
            class Form(forms.ModelForm):
                class Meta:
                    model = Box
                    fields = "__all__"
        """,
    }
    found = {form.symbol.node.name: form.writes for form in site_of(files).forms.all}
    assert found == {
        "Plain": writes,
        "Declared": ("name", "tags"),
        "Form": ("name", "tags", "labels"),
    }


def test_a_form_does_not_write_what_it_inherits_and_excludes():
    """`exclude` takes away from an inherited `fields`; a declared field alone writes nothing."""
    form = _form(
        "secret = forms.CharField()\n                    class Meta:\n                        model = Profile\n"
        '                        fields = ["phone", "user", "secret"]\n'
        '                        exclude = ["user"]\n'
    )
    assert form.writes == ("phone",)


def test_a_class_with_columns_is_a_model_whatever_its_bases_are():
    site = linked(
        shop__models="""
            from django.db import models
            from other.models import Dated, Owned
            from plain import Basket

            class Named(Owned):
                name = models.CharField(max_length=9)

            class Order(Dated, Named):
                pass

            class Report(Dated):
                columns = 3

            class Sized:
                size = models.IntegerField()
            """
    )
    assert {model.label for model in site.models.all} == {"shop.Named", "shop.Order"}


def test_a_model_may_be_looked_up_by_its_name():
    site = linked(
        shop__models="""
            from django.db import models

            class Order(models.Model):
                number = models.IntegerField()
            """,
        shop__views="""
            from django.apps import apps
            from swapper import load_model

            Order = apps.get_model("shop", "Order")
            Same = load_model("Order")
            Other = apps.get_model("shop", kind)
            """,
    )
    module = next(module for module in site.modules if module.path == "shop/views.py")
    known = {
        name: site.models.of(site.names.member(module, name)) for name in ("Order", "Same", "Other")
    }
    order = site.models.by_label["shop.order"]
    assert known == {"Order": order, "Same": order, "Other": None}


def test_the_meta_of_a_library_comes_first_where_its_class_does():
    """`UserCreationForm` has a `Meta` of its own: a form that is mixed in behind it chooses no fields."""
    site = site_of(
        {
            "forms.py": """
                from django import forms
                from django.contrib.auth.forms import UserCreationForm
                from django.contrib.auth.models import User

                class EmailForm(forms.ModelForm):
                    email = forms.EmailField()
                    class Meta:
                        model = User
                        fields = ("email",)

                class Registration(UserCreationForm, EmailForm):
                    pass

                class Turned(EmailForm, UserCreationForm):
                    pass
            """,
        }
    )
    found = {form.symbol.node.name: form.listed for form in site.forms.all}
    assert found == {
        "EmailForm": ("email",),
        "Registration": ("username",),
        "Turned": ("email",),
    }


def test_the_password_of_a_change_form_is_only_shown():
    site = site_of(
        {
            "models.py": """
                from django.contrib.auth.models import AbstractUser
                class Member(AbstractUser): ...
            """,
            "forms.py": """
                from django.contrib.auth.forms import UserChangeForm
                from models import Member
                class Change(UserChangeForm):
                    class Meta:
                        model = Member
                        fields = ("email", "password")
            """,
        }
    )
    (form,) = site.forms.all
    assert form.writes == ("email",)


def test_fields_that_are_taken_from_another_form():
    """Its `Meta`, what it declares, and sets of names put together."""
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/api.py": """
                from rest_framework import serializers
                from shop.models import Profile
                class Phone(serializers.Serializer):
                    phone = serializers.CharField()
                class First(serializers.ModelSerializer):
                    class Meta:
                        model = Profile
                        fields = ("is_admin",) + tuple(Phone().get_fields().keys())
                class Second(serializers.ModelSerializer):
                    class Meta:
                        model = Profile
                        fields = tuple(set(First.Meta.fields) - {"is_admin"})
                class Third(serializers.ModelSerializer):
                    class Meta:
                        model = Profile
                        fields = [*Phone._declared_fields, "is_admin"]
            """,
        }
    )
    found = {form.symbol.node.name: form.writes for form in site.forms.all}
    assert found["First"] == ("is_admin", "phone")
    assert found["Second"] == ("phone",)
    assert found["Third"] == ("phone", "is_admin")


VIEWSETS = """
    from rest_framework import serializers, viewsets
    from rest_framework.decorators import action
    from rest_framework.response import Response
    from rest_framework.routers import DefaultRouter
    from shop.models import Profile
    class Listed(serializers.ModelSerializer):
        class Meta:
            model = Profile
            fields = ["phone", "user", "is_admin"]
    class Made(serializers.ModelSerializer):
        class Meta:
            model = Profile
            fields = ["phone"]
    class Profiles(viewsets.ModelViewSet):
        queryset = Profile.objects.all()
        serializer_class = Listed
        {choice}
        @action(detail=True, methods=["post"])
        def mute(self, request, pk=None):
            return Response(status=204)
    router = DefaultRouter()
    router.register("profiles", Profiles)
    urlpatterns = router.urls
"""


def _written_by(choice):
    files = {"shop/__init__.py": "", "shop/models.py": MODELS}
    lines = "\n        ".join(choice)
    files["shop/urls.py"] = VIEWSETS.replace("{choice}", lines)
    routes = site_of(files).routes
    return {route.name: view.writes for route, view in routes if "POST" in (view.methods or ())}


@pytest.mark.parametrize(
    "choice",
    [
        (
            "def get_serializer_class(self):",
            "    return Made if self.action == 'create' else Listed",
        ),
        (
            "def get_serializer_class(self):",
            "    if self.request.method not in ('POST', 'PUT', 'PATCH'):",
            "        return self.serializer_class",
            "    return Made",
        ),
        (
            "chosen = {'create': Made, 'list': Listed}",
            "def get_serializer_class(self):",
            "    return self.chosen.get(self.action, super().get_serializer_class())",
        ),
        (
            "def get_serializer_class(self):",
            "    if self.action in ['list', 'retrieve']:",
            "        return Listed",
            "    elif self.action == 'create':",
            "        return Made",
            "    return super().get_serializer_class()",
        ),
    ],
)
def test_a_viewset_chooses_what_it_gives_what_was_sent(choice):
    """The serializer of the answers writes nothing, and an action that takes none writes nothing."""
    assert _written_by(choice) == {"profile-list": ("shop.Profile.phone",), "profile-mute": ()}


def test_a_choice_by_something_else_may_be_any_of_them():
    """Who asks is not known here."""
    found = _written_by(
        (
            "def get_serializer_class(self):",
            "    return Listed if self.request.user.is_staff else Made",
        )
    )
    assert set(found["profile-list"]) == {
        f"shop.Profile.{n}" for n in ("phone", "user", "is_admin")
    }
    assert found["profile-mute"] == ()


@pytest.mark.parametrize(
    ("base", "body", "forms"),
    [
        ("views.APIView", "return Response()", []),
        (
            "views.APIView",
            "return Response(self.serializer_class(data=request.data).data)",
            ["Asked"],
        ),
        ("views.APIView", "return Response(Used(data=request.data).data)", ["Used"]),
        ("generics.GenericAPIView", "return Response()", ["Asked"]),
        ("Unknown", "return Response()", ["Asked"]),
    ],
    ids=["plain", "read", "another", "generic", "unknown"],
)
def test_a_plain_api_reads_no_serializer_class_by_itself(base, body, forms):
    """Tools that draw a schema do; what the view takes is another matter."""
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/urls.py": """
                from django.urls import path
                from shop.views import Show
                urlpatterns = [path("", Show.as_view())]
                """,
            "shop/serializers.py": """
                from rest_framework import serializers
                class Asked(serializers.Serializer):
                    name = serializers.CharField()
                class Used(serializers.Serializer):
                    name = serializers.CharField()
                """,
            "shop/views.py": f"""
                from elsewhere import Unknown
                from rest_framework import generics, views
                from rest_framework.response import Response
                from shop.serializers import Asked, Used
                class Show({base}):
                    serializer_class = Asked
                    def post(self, request):
                        {body}
                """,
        }
    )
    (found,) = [view for _route, view in site.routes]
    assert [form.symbol.node.name for form in found.forms] == forms


@pytest.mark.parametrize(
    ("view", "writes"),
    [
        ("PhoneForm(request.POST)", ("shop.Profile.phone",)),
        ('modelform_factory(Profile, exclude=["user"])(request.POST)', ("shop.Profile.phone", "shop.Profile.is_admin")),
        ("modelform_factory(Profile, OwnForm)(request.POST)", ()),
        ("modelform_factory(Profile, fields=['phone'])()", ()),
    ],
)  # fmt: skip
def test_forms_that_a_factory_makes_of_a_model(view, writes):
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/views.py": f"""
                from django.forms import ModelForm, modelform_factory
                from django.shortcuts import render
                from shop.models import Profile
                class OwnForm(ModelForm):
                    pass
                PhoneForm = modelform_factory(Profile, fields=["phone"])
                def edit(request):
                    form = {view}
                    return render(request, "edit.html", {{"form": form, "n": request.POST}})
            """,
            "shop/urls.py": """
                from django.urls import path
                from shop import views
                urlpatterns = [path("edit/", views.edit)]
            """,
        }
    )
    ((_route, found),) = site.routes
    assert found.writes == writes


def test_a_class_view_whose_form_a_factory_makes():
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/urls.py": """
                from django.forms.models import modelform_factory
                from django.urls import path
                from django.views.generic import UpdateView
                from shop.models import Profile
                class Edit(UpdateView):
                    model = Profile
                    form_class = modelform_factory(Profile, fields=["phone"])
                urlpatterns = [path("<int:pk>/", Edit.as_view())]
            """,
        }
    )
    ((_route, found),) = site.routes
    assert found.writes == ("shop.Profile.phone",)
