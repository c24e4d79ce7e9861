"""Mail to the owners of notes."""

from django.core.mail import send_mail


def tell_owner(comment):
    owner = comment.note.owner
    if not owner.email:
        return
    send_mail(
        f"{comment.author} commented",
        comment.text,
        None,
        [owner.email],
        html_message=f"<p><b>{comment.author}</b> says:</p><p>{comment.text}</p>",  # hole: xss.mail
    )
