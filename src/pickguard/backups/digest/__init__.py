"""One digest for the rows of a table, the same on SQLite, PostgreSQL and MariaDB.

Each value becomes a *cell* of text (see `cells`), the cells of a row in the order of their columns'
names become the row, and a row becomes its SHA-256. Rows stand in the order of their primary key
where that is one whole number, else in the order of their own digests. Each 1,000 rows make a chunk,
whose digest is the SHA-256 of their hexadecimal digests; the digest of the table is the SHA-256 of
the names of its columns and the digests of its chunks.

PostgreSQL and MariaDB compute cells, rows and chunks themselves. The digest shows that a copy is a
copy; it is no secret, and no proof against somebody who chooses rows.
"""
