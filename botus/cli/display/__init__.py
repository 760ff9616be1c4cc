"""What a person sees while a command is at work or of its figures: bars, tables, charts.

corpus.py      what a person sees of the figures of a corpus: lines with a histogram, and plots of lengths
               and times
download.py    what a person sees while a base model is fetched: a bar on a terminal, a line for every tenth
               elsewhere
generation.py  what `botus generate` shows while it writes: notes, one progress bar, the closing table
plots.py       plots as SVG: how a training went, and bars of counts. Figures go in, the text of a picture
               comes out
training.py    what a person sees while a model is trained: a bar on a terminal, a line for every look
               elsewhere
"""
