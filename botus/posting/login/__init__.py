"""Getting into an account with its owner's consent: `botus login`.

redirect.py  waits on this machine for the browser that comes back from a server
mastodon.py  registers an application at a server, and gets a token for it
bluesky.py   finds the server of an account, and tries an app password there
"""
