"""One posting run, the promise: never knowingly a line twice, and never one lost.

posting_run.py  one posting run: recover what is open, choose a line, claim it, send it, log it
selection.py    which lines of the queue may be posted, why the others may not, and which one is next
remedies.py     what a person can do about an answer that was a no, by the words in which it is told
delivery.py     brings the delivery of a post to one target forward: send it, or settle a lost answer
resolve.py      what a person knows about a post that botus could not confirm, or that still waits
log/            tweeted.json: the entry of a post, whether the log is whole, and its repair
target.py       what a target is: one `send`, one `find`, answers as values
targets/        the accounts that botus posts to, one module per platform
login/          getting into an account: what `botus login` asks a server
http/           one HTTP request of a client library, and what is known of it afterwards
"""
