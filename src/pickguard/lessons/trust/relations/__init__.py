"""What a form or an API hangs on a row of somebody else's."""
