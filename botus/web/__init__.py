"""The page: the review, the queue and the state of the bot in a browser, for one person at home.

app.py        the web application: which address does what
exchange.py   what comes in and goes out as JSON, and the problems that a page is told
guard.py      what every request must pass, and what every answer carries
access.py     owns .botus/web.json: one-time logins and cookies. Loads no web library
server.py     a server on a socket: its limits, its beginning and end
serving.py    the page as a server: its address, its names, its logins
reviewing.py  the one review behind the page: opened when asked for, let go when idle or taken over
cards.py      a review as JSON. Pure
answers/      `botus serve`, which answers strangers: another process, another port
bot/          the rest: the queue, the posts, the state

The page itself is in the folder `pages`: plain files, served as they are.
"""
