"""Fields of models that libraries bring."""

import pytest
from tests.site.linked import linked


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("oauth2_provider.models", "AbstractAccessToken"),
        ("oauth2_provider.models", "AbstractRefreshToken"),
        ("knox.models", "AbstractAuthToken"),
        ("django_otp.models", "Device"),
    ],
)
def test_tokens_and_devices_of_libraries_belong_to_an_account(module, name):
    models = f"from {module} import {name}\nclass Own({name}):\n    pass\n"
    site = linked(app____init__="", app__models=models)
    field = site.models.by_label["app.own"].field("user")
    assert field is not None
    assert field.target == "settings.AUTH_USER_MODEL"


def test_a_field_handed_to_encrypt_is_a_field_of_its_own_kind():
    models = """
from django.db import models
from django_cryptography.fields import encrypt

class Mailbox(models.Model):
    password = encrypt(models.CharField(max_length=80, editable=False))
    size = round(models.F("bytes"))
"""
    site = linked(app____init__="", app__models=models)
    model = site.models.by_label["app.mailbox"]
    assert [field.name for field in model.fields] == ["password"]
    assert model.fields[0].kind == "EncryptedCharField"
    assert not model.fields[0].is_editable
