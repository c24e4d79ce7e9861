"""The digest of a table is the same on every database, and sees every change."""

ONLY_THERE = {
    "django_content_type", "auth_permission", "django_migrations", "special_special", "auth_user",
    "everything_everything", "everything_byuuid",
}  # fmt: skip


def test_the_same_rows_have_the_same_digest_on_every_database(sites):
    """Tables whose rows are the same by construction."""
    found = {v: sites(v).call("looks.digests") for v in ("sqlite", "postgresql", "mariadb")}
    names = set(found["sqlite"]) - {f"default.{name}" for name in ONLY_THERE}
    assert len(names) > 10
    for name in sorted(names):
        assert found["sqlite"][name] == found["postgresql"][name] == found["mariadb"][name], name


def test_nasty_values_have_the_same_cells_on_every_database(sites):
    """Every value of every field type that all databases can hold, and 30 rows of chance."""
    found = {v: sites(v).call("looks.cells", 30) for v in ("sqlite", "postgresql", "mariadb")}
    assert found["sqlite"] == found["postgresql"]
    assert found["sqlite"] == found["mariadb"]
