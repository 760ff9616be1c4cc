"""The accounts that botus posts to, one module per platform behind one small interface.

bluesky.py            posts to one Bluesky account, or to one on an own server (PDS), with a few JSON calls
bluesky_record.py     what a post is on Bluesky: its key, and the record that follows from text and key
                      alone. Pure
bluesky_server.py     talks to one account's Bluesky server: plain JSON over HTTP, and the session that most
                      requests need
configured.py         the targets that the settings name, in the order in which they are posted to
mastodon.py           posts to one account of a server that speaks Mastodon's API
mastodon_entities.py  what the objects of Mastodon's API say: limits, ids, addresses, the text of a post
profiles.py           does a profile say that a machine writes there? Readers are told so in many languages,
                      mostly as "bot"
target.py             the accounts that botus posts to, behind one small interface: one `send`, one `find`,
                      answers as values
webhook.py            posts to one chat or service through Apprise: Discord, Slack, Telegram, Matrix, Teams,
                      ntfy and many more
x.py                  posts to one X account through tweepy: `POST /2/tweets` as the user, with the four
                      OAuth 1.0a secrets
"""
