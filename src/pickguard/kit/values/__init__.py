"""What a rule asks of a value: what it is put together from, how far it spreads, how sure its way is."""
