"""`botus serve`: the contract of the servers before it, Slack, Discord, and what strangers try."""
