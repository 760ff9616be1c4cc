"""Does a text have the words of another? Searches among many texts, all pure.

copies.py   does a text share a run of words with one post of the corpus, and with which?
hashes.py   the same for a corpus that was forgotten: bits that hold no text; its hashtags
near.py     is a text nearly one of those that are already there? Near duplicates by the words they share
"""
