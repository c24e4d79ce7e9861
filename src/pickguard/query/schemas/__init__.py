"""What may be asked: fields, relations and their kinds, names people write, and what is near to a wrong one."""
