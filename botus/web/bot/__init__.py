"""The rest of the bot's life on the page: its queue, its posts, how it is and what it needs.

routes.py    which address does what
lines.py     the lines of the queue, searched without being read again
changes.py   what a person does to the queue: through the review, so that it can be undone
once.py      a change that is asked for again is the same change
posting.py   posting one line now, and saying what became of lost ones
telling.py   the state of the bot, its last posts, what comes next, as JSON
figures.py   the numbers of the pictures. Pure
"""
