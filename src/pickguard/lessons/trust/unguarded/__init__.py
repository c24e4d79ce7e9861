"""Pages, APIs and sockets that nothing guards."""
