"""Rows of a CSV and objects of JSON, from any program, and the platforms whose records need to be known.

json_records.py  JSON and JSON Lines: objects with a field of words, or bare strings
arrays.py        which arrays of an object are a person's own posts
tables.py        CSV, and The Trump Archive's
bluesky.py       Bluesky's records, as its API answers
tumblr.py        Tumblr's posts, in HTML or blocks
meta.py          posts of Instagram and Threads; Facebook's are told
reddit.py        Reddit's comments and posts, as rows or objects
youtube.py       the texts in the cells of Google Takeout's comments
"""
