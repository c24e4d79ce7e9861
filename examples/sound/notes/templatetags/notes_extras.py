"""How notes are shown."""

import markdown
import nh3
from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe

register = template.Library()


@register.filter
def as_markdown(text):
    return mark_safe(nh3.clean(markdown.markdown(text)))


@register.filter
def as_restructuredtext(text):
    """Show a note that is written in reStructuredText; it can draw on no file."""
    from docutils.core import publish_parts

    switches = {"file_insertion_enabled": False, "raw_enabled": False}
    rendered = publish_parts(text, writer_name="html4css1", settings_overrides=switches)
    return rendered["fragment"]


@register.filter
def as_html(text):
    return mark_safe(nh3.clean(text, url_schemes={"https", "mailto"}))


@register.simple_tag
def byline(note):
    return format_html("<p class='byline'>by {}</p>", note.owner.username)


@register.filter
def emphasised(text, term):
    before, found, after = text.partition(term) if term else (text, "", "")
    return format_html("{}<b>{}</b>{}", before, found, after)


class TitleNode(template.Node):
    """The title of the note at hand."""

    def render(self, context):
        return conditional_escape(context["note"].title)


@register.tag
def title(parser, token):
    return TitleNode()
