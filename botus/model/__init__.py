"""The parts of `checkpoint` and `sampler`: from the files of a checkpoint to sampled bytes.

pieces.py      where the files lie: a folder, or inside a tar
bundle.py      the tensors of a TensorFlow V2 bundle, without TensorFlow
vocabulary.py  byte-level BPE: text <-> tokens
trained.py     botus.json: which corpus a model has seen
converted.py   the cache of converted models
engine.py      the only importer of ctranslate2
endings.py     where a post begins and ends in what a model writes
nucleus.py     what top-p loses among the likeliest tokens
"""
