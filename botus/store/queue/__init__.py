"""The queue and the pool of answers.

tweets.py      owns tweets.txt and answers.txt, one post or answer per line, meant to be edited by hand
known.py       where lines of a kind stand, and what else is known of a file that nobody else changes
replaced.py    keeps a file that was replaced, and what was written to it late
"""
