"""Forms write what Django would let them write, and fields know when they were added."""

import pytest
from tests.site.linked import site_of

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
