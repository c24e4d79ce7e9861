"""The site that is backed up."""
