"""Links, codes and signatures that stand for a password: unguessable, short-lived, used once."""
