"""The review as a machine: (state, key, time) -> (state, effects). All pure: no file, no clock, no terminal.

editor.py      a line editor: a text, a cursor, a key, and what becomes of them
explaining.py  what is said of the order, of keepers left, of a post's origin, of lines that are not shown
keys.py        the keys: what each does, and what a painter says of it; a new key is a row here
paging.py      the list: a page of posts at once, and everything like one post
precheck.py    what `post` would say of a post: held until it is kept, or too long
rewording.py   editing a post, in place or in a program of the person's own
selecting.py   which posts are looked at: search, filter; the question for the order
state.py       one moment of a review: posts, deck, verdicts, what is shown
steps.py       decide, undo, redo, and what has to be finished after a crash; the effects
table.py       the posts on file, where their lines stand, and what a decision changes there
tally.py       counts what was done, how fast, and what is left
"""
