"""The query language where people meet it: the admin, an API, a form, any page.

Add `pickguard.search` to INSTALLED_APPS. Each plug is a module of its own and imports its library
only when it is itself imported: `admin`, `drf` (extra `search-drf`), `filters` (extra
`search-filter`), `forms`, `views`.
"""
