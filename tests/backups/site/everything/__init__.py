"""An app with everything."""
