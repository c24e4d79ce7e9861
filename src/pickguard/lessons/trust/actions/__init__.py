"""Actions of an API, and the permissions that each of them asks for."""
