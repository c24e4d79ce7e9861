"""Mail to the owners of notes."""

from django.core.mail import send_mail
from django.template.loader import render_to_string


def tell_owner(comment):
    """Tell the owner of a note that somebody said something."""
    owner = comment.note.owner
    if not owner.email:
        return
    send_mail(
        f"{comment.author} commented",
        comment.text,
        None,
        [owner.email],
        html_message=render_to_string("notes/mail.html", {"comment": comment}),
    )
