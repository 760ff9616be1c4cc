"""The parts of `finetune`: from a corpus to a gpt-2-simple run folder.

vocabulary.py  a byte-level BPE learnt from the corpus
base.py        base models: where they lie, and how a missing one is fetched
download.py    one file from the web: whole and checked, or not at all
part.py        what has arrived of it so far
showing.py     what a person sees of that
"""
