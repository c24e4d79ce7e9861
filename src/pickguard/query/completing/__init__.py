"""What may stand where somebody is typing."""
