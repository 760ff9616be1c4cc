"""Answers to who mentions the bot on Mastodon and Bluesky: at most one each, and to no bot.

watch.py     looks once a minute, in a thread of its own
round.py     one round: settle what is open, look who has mentioned the bot, claim, answer, log
guards.py    who gets an answer? Most reasons are against it. Pure
seen.py      what is known of a mention and of its conversation, whatever the platform. Pure
stopped.py   owns answers-stopped.txt: the people who have asked for no more
summary.py   what is told of answering: how many answers, and what keeps more from being given
inboxes.py   the accounts that people may mention, by the settings
mastodon.py  who has mentioned the bot on Mastodon, and how the answer looks there
bluesky.py   the same on Bluesky
"""
