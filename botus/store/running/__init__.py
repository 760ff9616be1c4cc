"""What `botus run` leaves for others to see.

runs.py    owns .botus/runs and .botus/heartbeat: which `botus run` is at work here, and since when
alerts.py  owns .botus/news.json: how the last slots of `run` went, which alerts the owner was told of
"""
