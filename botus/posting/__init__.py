"""One posting run, the promise: never knowingly a line twice, and never one lost.

delivery.py     brings one target's part of an intent forward: send it, or settle a lost answer, and record
                the outcome
http/           One HTTP request of a client library, and what is known of it afterwards
log_repair.py   A damaged or shortened tweeted.json: notice it, salvage its entries, or take it as it is
posting_run.py  one posting run: recover what is open, choose a line, claim it, send it, write it into the
                log
resolve.py      A person's word on a post whose fate botus cannot tell, or that still waits for a target
selection.py    which lines of the queue may be drawn, and why the others may not. Pure
targets/        The accounts that botus posts to
"""
