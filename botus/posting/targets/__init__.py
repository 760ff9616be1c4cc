"""The accounts that botus posts to, one module per platform; none imports another.

configured.py         the targets that the settings name, in the order in which they are posted to
x.py                  posts to one X account through tweepy
mastodon.py           posts to one account of a server that speaks Mastodon's API
mastodon_entities.py  what the objects of Mastodon's API say: limits, ids, addresses, the text of a post
bluesky.py            posts to one Bluesky account, or to one on an own server (PDS), with a few JSON calls
bluesky_record.py     what a post is on Bluesky: its key, and the record made from text and key alone
bluesky_server.py     talks to one account's Bluesky server, and keeps the session that most requests need
webhook.py            posts to one chat or service through Apprise: Discord, Slack, Telegram, Matrix, ntfy...
webhook_text.py       how a text is written for which service, so that its readers see the very text. Pure
profiles.py           does a profile say that a machine writes there?
"""
