"""How notes are shown."""

import markdown
import nh3
from django import template
from django.utils.safestring import mark_safe

register = template.Library()


@register.filter
def as_markdown(text):
    return mark_safe(markdown.markdown(text))  # hole: xss.markdown-unclean


@register.filter
def as_restructuredtext(text):
    from docutils.core import publish_parts

    return publish_parts(text, writer_name="html4css1")["fragment"]  # hole: trust.markup-reads-files


@register.filter
def as_html(text):
    return mark_safe(nh3.clean(text, url_schemes={"https", "javascript"}))  # hole: xss.cleaner-lets-scripts


@register.simple_tag
def byline(note):
    return mark_safe(f"<p class='byline'>by {note.owner.username}</p>")  # hole: xss.mark-safe


@register.filter(is_safe=True)
def emphasised(text, term):
    return text.replace(term, f"<b>{term}</b>")  # hole: xss.unsafe-filter


class TitleNode(template.Node):
    """The title of the note at hand."""

    def render(self, context):
        return context["note"].title  # hole: xss.raw-node


@register.tag
def title(parser, token):
    return TitleNode()
