"""From candidates to what a person wants to have posted.

machine/      the review as a machine: state, key -> state. Pure; the keys are here, the order too
session.py    one review with its files: carries out what the machine wants. Knows no terminal
handover.py   one reviewer at a time, and how another one takes over
terminal/     the review in a terminal: reads keys, paints screens
learning.py   reads the deck, and decides when to learn the order and from which decisions
taste/        what is learned: a model of what a person keeps, how far it is to be trusted. Pure
surroundings.py  what other files say of a post: used, set aside, forbidden, like the corpus
regex.py      which posts match a regular expression that a person wrote
batch.py      decisions without a terminal: by line number, by pattern, by a table
sheet.py      that table as CSV for a spreadsheet, and back. Pure
queue_add.py  puts reviewed lines into a live queue: from a file, a pipe, or another data directory
"""
