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
