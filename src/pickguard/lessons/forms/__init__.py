"""What a form lets the browser write."""
