"""May this text be posted, and is it a copy? Rules that look at one text, and searches among many. All
pure.

copies.py    does a text share a run of words with one post of the corpus, and with which?
denylist.py  words and patterns that the user forbids: what denylist.txt says
hashes.py    does a text share a run of words with a corpus that is no longer there? Bits answer, and hold
             no text
loops.py     does a text go round in circles? A small model's commonest fault, found without knowing the
             language
near.py      is a text nearly one of those that are already there? Near duplicates by the words they share
novelty.py   is a text new? Or a copy: of the corpus, of the queue, of the log, of a dropped line, of this
             very run?
repair.py    what can be put right in a generated text without changing what it says
rules.py     the rules of the screen, one small function each: a text and the settings go in, a reason comes
             out, or ""
screen.py    may this text be posted? One verdict: the text, cleaned where that is safe, or one reason why
             not
"""
