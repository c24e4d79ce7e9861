"""What an answer tells of an error."""
