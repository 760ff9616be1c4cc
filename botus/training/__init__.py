"""The parts of `finetune`: from a corpus to a gpt-2-simple run folder.

vocabulary.py  a byte-level BPE learnt from the corpus
base.py        base models: where they lie, and how a missing one is fetched
download.py    one file from the web: whole and checked, or not at all
part.py        what has arrived of it so far
showing.py     what a person sees of that
start.py       where a run begins, or goes on after a pause
origin.py      what a model begins from: a base model, nothing, or an unfinished run
material.py    the corpus as rows of tokens, with split.py and rows.py behind it
split.py       which posts are held out
rows.py        posts packed into rows
plan.py        every number of a training
graph.py       gpt-2-simple's network: the only importer of it and of TensorFlow
loop.py        step, look, keep the best, stop
folder.py      the run folder while it is trained
samples.py     what the model writes, and how much of it is copied
sooner.py      whether a shorter training would have copied less
progress.py    what a person sees of a training
commands.py    the command
"""
