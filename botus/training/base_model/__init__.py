"""Base models: where they lie, and how a missing one is fetched.

download.py  brings one file from the web into its place: whole and checked, or not at all
fetch.py     base models: where they lie (`models/124M` under the working directory), and how a missing one
             is fetched
partial.py   what has arrived of a file that is being fetched, and a note of which version of it that is
"""
