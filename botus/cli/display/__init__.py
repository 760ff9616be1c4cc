"""What a person sees while a command is at work or of its figures: bars, tables, charts.

corpus.py         the figures of a corpus: lines with a histogram, plots of lengths and times
corpus_import.py  an import: the closing table, what was cleaned, samples of what was left out
generation.py     what `botus generate` shows while it writes: notes, one progress bar, the closing table
plots.py          SVG: how a training went, and bars of counts. Pure
queue.py          the lines of the queue, what is known of one post, what would be posted next
training.py       the download of a base model and a training: a bar on a terminal, else lines
watching.py       a report that is drawn anew when something has changed: `botus status --watch`
"""
