"""The parts of `screen` and `novelty`: rules that look at one text, and searches among many. All pure.

rules.py     one small function per rule
repair.py    what can be put right without changing what a text says
loops.py     does a text go round in circles?
denylist.py  the owner's forbidden words
copies.py    shared runs of words with the corpus
hashes.py    the same without the corpus, when it has been forgotten
near.py      near duplicates among known texts
"""
