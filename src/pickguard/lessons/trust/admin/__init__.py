"""Pages, actions and classes of Django's admin: it asks for staff there at most."""
