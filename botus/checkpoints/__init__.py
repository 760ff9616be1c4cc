"""The files of a GPT-2: what a training writes and a generation reads, whatever the format.

nearby.py         where is the model? The checkpoints in a data directory and the working directory
checkpoint.py     opens a checkpoint: the list of formats
gpt2.py           what every format is read into: sizes, tensors, vocabulary, and the checks of all three
formats/          one module per format, and what reads its tensors
folder_or_tar.py  the files of a checkpoint, in a folder or inside a tar that is read in place
unsupported.py    names the models that botus does not read, each as what it is
run_info.py       botus.json of a run folder: which corpus the model has seen
vocabulary.py     the byte-level BPE of a GPT-2: text to tokens, and tokens to bytes
spelling.py       the letters in which the bytes of tokens are written
markers.py        where a post begins and ends in what a model writes. Pure
samples.py        posts in the samples that GPT-2's programs write. Pure
"""
