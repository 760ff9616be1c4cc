"""The files of a data directory, one module or folder per file.

candidates.py  owns .botus/candidates.jsonl: where every line came from that `generate` put into the queue
corpus.py      owns corpus.txt, the text that a model is trained on, and .botus/corpus.jsonl, where each
               post came from
decisions/     .botus/decisions.jsonl, the curator's journal: what a person decided about a post, for good
durable/       What every file needs
forgotten.py   owns .botus/copies.bin: what is left of corpora that were forgotten, so that nothing copies
               them
intents.py     owns .botus/intents and .botus/done: one file per post that has been claimed, and what became
               of it
log/           tweeted.json, the log of what was posted, and its index; answered.json, that of answers
queue/         tweets.txt, one post per line: what waits to be posted; answers.txt: what answers are
               chosen from
running/       .botus/runs and .botus/heartbeat: which `run` is at work; .botus/news.json: how its slots went
sessions.py    owns .botus/bluesky.json: the session with a Bluesky server, kept between runs, readable by
               its owner only
state.py       owns .botus/state.json and .botus/slots: what botus remembers between runs
"""
