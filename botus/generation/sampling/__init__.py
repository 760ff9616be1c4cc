"""A checkpoint becomes an endless stream of posts, and nothing here asks whether one is any good.

sampler.py    the stream of a seed, which repeats it exactly; the loss of top-p
units.py      a batch of that stream as a value that can be sampled anywhere; threads that do
columns.py    which tokens a model keeps, and what that leaves out. Pure
choosing.py   measures that, once per model, and remembers it in the cache
nucleus.py    what top-p loses where it is limited to the likeliest tokens. Pure
engine.py     CTranslate2, which only this module imports: converts, samples, and scores tokens
cluster/      the machines of a Dask cluster, which sample units too
converted.py  owns the cache of converted models: one folder per model, kept only while it is whole
"""
