"""The review as a machine: (state, key, time) -> (state, effects). All pure.

changes.py    what a decision changes in tweets.txt, forward and back. Pure
deck.py       the state of a review: the posts on file, the order they are shown in, what is decided. Pure
editor.py     one line editor: a text, a cursor, a key, and what becomes of them. Pure
order.py      the order in which posts are shown. Pure
paging.py     the list: a page of posts at once, and everything like one post. Pure
places.py     A picture of tweets.txt while it is reviewed: which line stands where. Pure
press.py      the review as a machine: (state, key, time) -> (state, effects). Pure: no file, clock, chance
              or terminal
rewording.py  editing a post, in place or in a program of the person's own. Pure
selecting.py  which posts are looked at, and in which order: search, filter, order. Pure. Nothing is decided
              here
steps.py      what one key press decides, takes back or does again: the steps of a review. Pure
tally.py      counts what a review did so far, how fast, and what is left. Pure
"""
