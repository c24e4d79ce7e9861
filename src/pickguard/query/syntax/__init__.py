"""From text to a tree, and what is wrong with a text: lexer, grammar, tree, errors and their messages."""
