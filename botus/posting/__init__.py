"""One posting run, the promise: never knowingly a line twice, and never one lost.

posting_run.py  one posting run: recover what is open, choose a line, claim it, send it, log it
selection.py    which lines of the queue may be posted, why the others may not, and which one is next
delivery.py     brings the delivery of a post to one target forward: send it, or settle a lost answer
resolve.py      what a person knows about a post that botus could not confirm, or that still waits
log_entry.py    the entry of a finished post in tweeted.json
log_check.py    notices a shortened tweeted.json, by what it remembers of it
log_repair.py   a damaged or shortened tweeted.json: repair it, or take it as it is
log_salvage.py  what can still be read in a damaged log: entries, and every text that is whole
target.py       what a target is: one `send`, one `find`, answers as values
targets/        the accounts that botus posts to, one module per platform
http/           one HTTP request of a client library, and what is known of it afterwards
"""
