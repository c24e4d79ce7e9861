"""Which definition of a name holds at which place of a body."""
