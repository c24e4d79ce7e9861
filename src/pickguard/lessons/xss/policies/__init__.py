"""Content security policies: the browser's own refusal of scripts that a page did not bring."""
