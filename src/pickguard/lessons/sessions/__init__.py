"""Cookies and sessions."""
