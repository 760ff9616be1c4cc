"""From exports to corpus.txt: import, cleaning, duplicates, figures, forgetting.

cleaning.py    what becomes of the words of a post before it is trained on: mentions, links, entities, white
               space
duplicates.py  which posts are there already, word for word or nearly: repeated posts are what makes a model
               copy
feedback.py    feeds back: what a person kept or starred, and what was posted, becomes text to train on
filtering.py   from the posts of exports to those that are worth training on, with a reason for each that is
               not
forgetting.py  forgets a corpus when its model is done: its text goes, and what keeps new lines from copying
               it stays
importing.py   an import from end to end: exports are read, what is worth it is compared with the corpus,
               and added
merging.py     which messages of a conversation are one thought: those of one channel that follow each other
               quickly
parsing/       What the readers of exports share
report.py      what a person sees of an import: the closing table, what was cleaned, samples of what was
               left out
sources/       One module per export format
stats.py       what a corpus is like, measured, and what to do about it. Posts go in, values come out
tally.py       the book that an import keeps: how many posts were read, and what became of each
tokens.py      how many tokens a corpus has: counted with a vocabulary that is here, else estimated
"""
