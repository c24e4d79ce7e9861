"""Who is let in: tries that are counted, accounts that are proved, second steps that are asked."""
