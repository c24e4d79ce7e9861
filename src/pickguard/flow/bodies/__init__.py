"""One body of code as data flows through it, who calls it, and what it does to the world."""
