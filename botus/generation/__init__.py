"""From a checkpoint to candidates in tweets.txt: sample, judge, score, put into the queue.

A text is a `Draft` of bytes while it is being written, a `Sample` when it is over, a `Verdict` of the screen
and the novelty check, and if that is good a `Candidate`, which the store keeps as a record and as a line.

setup.py         puts a run together: which checkpoint, which corpus, which rules, which sampler
job.py           what a run is to do: how texts are drawn and judged; a text as it was drawn
loop.py          draws, judges and writes, until n lines are in the queue
share.py         every n-th unit of a stream, for n machines that know nothing of each other
judge.py         is a text accepted? The screen, the novelty and the score in one answer
score.py         the score of a candidate, among posts of the corpus: the order until a review has read them
report.py        what a run has done, so far and in the end, and the lines that say it. Prints nothing
temperatures.py  samples of several temperatures side by side
sampling/        a checkpoint becomes an endless stream of posts
"""
