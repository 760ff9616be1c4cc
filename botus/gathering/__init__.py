"""The parts behind `botus corpus`: from the posts of an export to corpus.txt, and out of it again.

cleaning.py    what becomes of mentions, links, entities and white space
merging.py     which messages of a channel are one thought
duplicates.py  which posts are there already, word for word or nearly
tally.py       how many posts became what, with samples
sifting.py     all of these in their order: posts in, posts worth training on out
importing.py   the import from end to end
table.py       what a person sees of it
stats.py       what a corpus is like, and whether it is enough; tokens.py counts, charts.py shows
forgetting.py  hashes in the place of the text, when the model is done
feedback.py    what was kept, starred or posted becomes text to train on
commands.py    the commands corpus import, remove, add, stats and forget
"""
