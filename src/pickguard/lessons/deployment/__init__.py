"""Settings, and a site that stays up."""
