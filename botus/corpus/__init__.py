"""From exports to corpus.txt: import, cleaning, duplicates, figures, forgetting.

importing.py   an import from end to end: exports are read, filtered, compared and added
sources/       one module per export format
parsing/       what the readers of exports share
encodings.py   which encoding a text is in that is not UTF-8
filtering.py   which posts are worth training on, which messages are one thought; counts of the rest
cleaning.py    mentions, links, entities and white space of a post
duplicates.py  which posts are there already, word for word or nearly
stats.py       what a corpus is like, how many tokens it has, and what to do about it
feedback.py    what was kept, starred or posted becomes text to train on
forgetting.py  the text goes, and the hashes that keep new lines from copying it stay
"""
