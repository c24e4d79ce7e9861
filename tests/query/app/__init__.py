"""A small ticket desk: the models that the tests of the query language ask."""
