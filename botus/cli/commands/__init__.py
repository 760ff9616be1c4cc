"""The commands, one module per family: parse, call a stage, hand over what is to be printed.

setting_up.py  `init`, `login`
corpus.py      `corpus import`, `stats`, `add`, `remove`, `forget`
training.py    `finetune`
generation.py  `generate`
review.py      `curate`
queue.py       `queue list`, `next`, `show`, `remove`, `add`
answering.py   `answer`, `serve`
web.py         `web`
posting.py     `post`, `run`, `resolve`
log.py         `log show`, `repair`, `accept`
monitoring.py  `status`, `schedule`, `doctor`, `health`
"""
