"""Lookups of the board's own."""

from django.db.models import CharField, Transform


class Label(Transform):
    """The text of a note with a label before it."""

    output_field = CharField()

    def __init__(self, label, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.label = label

    def as_sql(self, compiler, connection):
        inner, params = compiler.compile(self.lhs)
        return "(%%s || %s)" % inner, [self.label, *params]
