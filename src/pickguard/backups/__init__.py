"""Backups that restore: `manage.py backup`, `drill`, `restore` and `integrity`.

Add `pickguard.backups` to INSTALLED_APPS and name a storage in `STORAGES["backups"]`. A set holds
all databases and media of one moment: parts that are compressed and encrypted to recovery keys, and
a manifest that anybody can read and only the owner of a recovery key can prove.
"""
