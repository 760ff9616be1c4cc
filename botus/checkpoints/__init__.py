"""The files of a GPT-2: what a training writes and a generation reads.

bundle.py       the tensors of a TensorFlow V2 checkpoint bundle, read without TensorFlow
gpt2_simple.py  owns the gpt-2-simple run folder: finds it, checks it, and reads its tensors without
                TensorFlow
markers.py      where a post begins and ends in what a model writes. Pure
pieces.py       where the files of a checkpoint lie: in a folder, or inside an uncompressed tar that is read
                in place
run_info.py     what `finetune` wrote into botus.json of a run folder, as far as the use of the model
                depends on it
vocabulary.py   the byte-level BPE vocabulary of a GPT-2: text to tokens, and tokens to bytes
"""
