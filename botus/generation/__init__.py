"""From a checkpoint to candidates in tweets.txt: sample, judge, score, put into the queue.

converted.py  owns the cache of converted models: one folder per model, kept only while it is whole
engine.py     CTranslate2, which only this module imports: checkpoint -> converted model -> tokens and their
              odds
judge.py      is a text accepted? The screen, the novelty and the score in one answer
loop.py       the loop: sampler -> screen -> novelty -> candidates and queue, until n lines are in
nucleus.py    what top-p loses where it may only choose among the likeliest tokens. Pure
report.py     what a run of `generate` has to tell, as values and as lines of text. Prints nothing
sampler.py    checkpoint -> stream of posts
score.py      in which order are candidates worth reading? Pure parts from 0 to 1, and a total to sort by
setup.py      puts a run of `generate` together: which checkpoint, which corpus, which rules, which sampler
"""
