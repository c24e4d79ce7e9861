"""Where passwords and secrets turn up: logs, mails, addresses, answers, the repository."""
