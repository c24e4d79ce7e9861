"""How the backups stand: for checks, metrics and whoever carries the pager."""
