"""From corpus.txt to a gpt-2-simple run folder.

base_model/       Base models
finetune.py       corpus.txt -> checkpoint/run1: a run folder that gpt-2-simple and `generate` load
graph.py          the network that is trained: gpt-2-simple's own graph in TensorFlow. The only importer of
                  both
initial_model.py  what a model begins with: sizes, vocabulary, weights; of a base model, of nothing, of an
                  unfinished run
loop.py           the training itself: step, look at the held-out posts, keep the best, stop when it gets no
                  better
material.py       from corpus.txt to what a training takes: posts as tokens, split, weighed and packed
overtraining.py   whether a shorter training would have copied less. Pure
plan.py           what a training does with its time: sizes, steps, windows, learning rate. Pure
rows.py           from posts to the rows of tokens that a training step takes. Pure
run_folder.py     owns the run folder in training: the best checkpoint, the place to go on from, loss.csv,
                  botus.json
samples.py        what a model in training writes, and how much of it is copied
split.py          which posts are held out, so that a loss can be measured on what the model has never seen.
                  Pure
start.py          where a run begins, or goes on after a pause: the one command means either
vocabulary.py     learns a byte-level BPE vocabulary from a corpus, for a GPT-2 that is trained from nothing
"""
