"""Never trust the browser."""
