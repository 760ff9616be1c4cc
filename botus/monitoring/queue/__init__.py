"""The queue, line by line and counted: what may go out, and why the rest may not.

counts.py  counts of the queue: which lines may be drawn, why the others may not, what was kept
lines.py   each line with its state, as `botus queue list` and the page show it
coming.py  out of which lines the next post comes, and with what odds
about.py   everything that is known of one post, wherever it is now
"""
