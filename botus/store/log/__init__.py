"""The logs of what was posted and of what was answered.

tweeted.py   owns tweeted.json, the log itself: a JSON array, newest last
answered.py  owns answered.json, what was answered to whom: an array of the same kind
index.py     owns .botus/log.index: what is known of tweeted.json without reading it
"""
