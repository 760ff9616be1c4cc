"""Whole archives of a platform: only their reader knows what in them is private.

bluesky_repo.py  the repository of a Bluesky account (CAR)
discord.py       Discord's package, of any year
instagram.py     where the posts are in a download of Instagram or Threads
mastodon.py      Mastodon's outbox.json and its relatives': ActivityPub
x.py             X's archives of every generation
"""
