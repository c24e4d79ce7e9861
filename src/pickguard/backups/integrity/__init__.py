"""A check of the data themselves, as a file system check is one of a disk; it reads and never writes.

One pass over each table, in chunks by key: orphans, constraints and what the database stores are asked
in the same statement that reads the rows; null, choices, validators, JSON schemas and damaged texts
are seen in Python. Then unique rules, sequences, and files. What was cut short goes on where it was.
"""
