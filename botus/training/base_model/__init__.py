"""Published GPT-2 models: where they lie, and how a missing one is fetched.

fetch.py     the seven files of a model: what is missing, and whether each is what it should be
download.py  brings one file from the web into its place: whole and checked, or not at all
partial.py   owns what has arrived of a file, and the note of its version
"""
