"""Whole archives of a platform: only their reader knows what in them is private.

discord.py   Discord's package, of any year
mastodon.py  Mastodon's outbox.json and its relatives': ActivityPub
x.py         X's archives of every generation
"""
