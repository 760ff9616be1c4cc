"""Other machines sample, and this one judges: a Dask cluster as the source of a stream's units.

coordinator.py  hands units out and takes them back in their order; only this module imports `distributed`
welcome.py      is a worker fit, and has it the model? The same versions, the same texts
worker.py       what runs on a worker: it keeps models by their content, and samples units
address.py      where a scheduler may be, and who could listen on the way
"""
