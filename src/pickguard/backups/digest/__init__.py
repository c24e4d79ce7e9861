"""One digest for the rows of a table, the same on SQLite, PostgreSQL and MariaDB.

Each value becomes a *cell* of text (see `cells`). Rows stand in the order of their primary key where
that is one whole number. Each 1,000 rows make a chunk: the cells of one column in a chunk, one after
the other, have a SHA-256, and the digest of the chunk is that of the hexadecimal digests of its columns
in the order of their names. Without such a key, and in sets of format 1, a row is digested as a whole:
its cells in the order of the columns' names; such rows stand in the order of their own digests without
a key, and the digest of a chunk is that of theirs. The digest of the table is the SHA-256 of the names
of its columns and the digests of its chunks.

PostgreSQL digests columns itself. For SQLite and MariaDB it is done here, a column at a time (`plain`,
`wire`); SQL writes the cells of a column where any of its values is unusual. The digest shows that a copy is a
copy; it is no secret, and no proof against somebody who chooses rows.
"""
