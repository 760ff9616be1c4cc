"""The log of what was posted.

tweeted.py   owns tweeted.json, the log itself: a JSON array, newest last
index.py     owns .botus/log.index: what is known of tweeted.json without reading it
"""
