"""The parts of a review, behind `curate` (what a key does) and `terminal` (what a person sees).

deck.py       which card comes next, what is decided so far
steps.py      what one key press decides, takes back and does again
rewording.py  editing a post
paging.py     a page of posts at once, everything like one post
selecting.py  search, filter, order
order.py      the order itself; learning.py learns one from the decisions
tally.py      what a review did so far
places.py     where every line of the queue stands
comparing.py  what the corpus has of a post
changes.py    what a decision changes in tweets.txt, forward and back
session.py    a review on real files: the machine, the journal and the queue together
editor.py     editing one text in place
keyboard.py   bytes of a terminal -> keys
paint.py      what all screens are made of; card.py and screens.py the screens themselves
batch.py      decisions without a terminal; sheet.py the table for a spreadsheet
commands.py   the commands curate and queue add
"""
