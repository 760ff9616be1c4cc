"""The page: the review, the queue and the state of the bot in a browser, for one person at home.

app.py        the web application: which address does what
exchange.py   what comes in and goes out as JSON, and the problems that a page is told
guard.py      what every request must pass, and what every answer carries
access.py     owns .botus/web.json: one-time logins and cookies. Loads no web library
serving.py    the server: its address, who may be in front of it, its beginning and end
reviewing.py  the one review behind the page: opened when asked for, let go when idle or taken over
cards.py      a review as JSON. Pure
bot/          the rest: the queue, the posts, the state

The page itself is in the folder `pages`: plain files, served as they are.
"""
