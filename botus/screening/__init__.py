"""May this text be posted, and is it a copy? Rules that look at one text, and searches among many. All pure.

rules.py     the rules, one small function each, and what can be set about them; the precheck of `post`
screen.py    the screen of `generate`: repairs, rules and flags in their order
repair.py    what can be put right in a generated text without changing what it says
mentions.py  what is a mention, and is the sentence whole without it? One notion for corpus, screen and door
loops.py     does a text go round in circles, in whatever language?
denylist.py  words and patterns that the user forbids: the format of denylist.txt
novelty.py   is a text new, or a copy of the corpus, the queue, the log, a dropped line, this very run?
copies.py    does a text share a run of words with one post of the corpus, and with which?
hashes.py    the same for a corpus that was forgotten: bits that hold no text; its hashtags
near.py      is a text nearly one of those that are already there? Near duplicates by the words they share
verdict.py   what became of a text: the one answer of screen and novelty
"""
