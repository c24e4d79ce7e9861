"""Views, and whatever else answers a client: what each lets through, and which forms it binds."""
