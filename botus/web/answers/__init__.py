"""`botus serve`: answers over HTTP, in Slack and in Discord, for strangers; a process and a port of its own.

app.py            which address does what, and what every answer carries
contract.py       what a client asks for at `/`, in the terms of the servers that there were before. Pure
slack.py          Slack's slash command: signature, question, answer. Pure
discord.py        Discord's interactions: signature, question, answer. Pure
registration.py   tells Discord that there is a command
conversations.py  a line of the pool for each question, and none twice in one conversation
live.py           writes an answer with the model, where that was asked for
limits.py         how often who may ask, how old a signed request may be, and answers to those that come again
serving.py        the server: what it needs at its start
demo.html         the page at /demo
"""
