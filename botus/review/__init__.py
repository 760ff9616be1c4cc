"""From candidates to what a person wants to have posted.

batch.py      decisions without a terminal: by line number, by pattern, by a table that was filled in
comparing.py  what the corpus has of a post: the answer to the key `c`
learning.py   learns the order from the person's decisions while they read, a few milliseconds at a time
machine/      The review as a machine
queue_add.py  puts reviewed lines into a live queue: from a file, a pipe, or a data directory with all that
              it knows
ranking.py    learns from a person's decisions which of the other posts they would keep. Pure, plain Python
session.py    one review with its files: carries out what the machine wants. Knows no terminal
sheet.py      A review as a CSV table for a spreadsheet, and back. Pure: rows to bytes, bytes to rows
terminal/     The review in a terminal
"""
