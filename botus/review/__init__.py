"""The parts of a review, behind `curate` (what a key does) and `terminal` (what a person sees).

deck.py      which card comes next, what is decided so far
places.py    where every line of the queue stands
changes.py   what a decision changes in tweets.txt, forward and back
session.py   a review on real files: the machine, the journal and the queue together
editor.py    editing one post in place
keyboard.py  bytes of a terminal -> keys
card.py      the screen, as lines of styled text
"""
