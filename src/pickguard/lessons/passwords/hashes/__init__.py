"""How passwords are kept and compared: hashed, slowly, salted."""
