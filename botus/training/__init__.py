"""From corpus.txt to a gpt-2-simple run folder: `botus finetune`.

base_model/       fetches a published GPT-2
finetune.py       the command from end to end
start.py          where a run begins, or goes on after a pause
initial_model.py  what a training begins with: sizes, vocabulary, weights; how posts are written in training
vocabulary.py     learns a byte-level BPE vocabulary for a model from nothing
dataset.py        the posts as rows of tokens: held out, weighed, packed
plan.py           every number: what was asked for, sizes, steps, window, learning rate. Pure
loop.py           step, look at the held-out posts, keep the best, stop when it gets no better
graph.py          the network in TensorFlow. The only importer of it and of gpt-2-simple
overtraining.py   what the model writes in training, how much is copied; were there too many steps or too few?
run_folder.py     owns the run folder: checkpoint, the place to go on from, loss.csv, botus.json
"""
