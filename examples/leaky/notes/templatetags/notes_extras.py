"""How notes are shown."""

import markdown
from django import template
from django.utils.safestring import mark_safe

register = template.Library()


@register.filter
def as_markdown(text):
    return mark_safe(markdown.markdown(text))  # hole: xss.mark-safe


@register.simple_tag
def byline(note):
    return mark_safe(f"<p class='byline'>by {note.owner.username}</p>")  # hole: xss.mark-safe


@register.filter(is_safe=True)
def emphasised(text, term):
    return text.replace(term, f"<b>{term}</b>")  # hole: xss.unsafe-filter
