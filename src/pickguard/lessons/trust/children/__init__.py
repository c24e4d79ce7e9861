"""Rows that hang on others: who may see the one named first need not own the second."""
