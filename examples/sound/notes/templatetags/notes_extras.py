"""How notes are shown."""

import markdown
import nh3
from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

register = template.Library()


@register.filter
def as_markdown(text):
    return mark_safe(nh3.clean(markdown.markdown(text)))


@register.simple_tag
def byline(note):
    return format_html("<p class='byline'>by {}</p>", note.owner.username)


@register.filter
def emphasised(text, term):
    before, found, after = text.partition(term) if term else (text, "", "")
    return format_html("{}<b>{}</b>{}", before, found, after)
