"""The commands, one module per family: parse, call, print. Results are printed here and nowhere else.

main.py        the group, and the one boundary where an error becomes a sentence and an exit code
options.py     the options that every command takes, and the settings they lead to
output.py      standard output and error, and the progress bar
corpus.py      `corpus import`, `stats`, `add`, `remove`, `forget`
training.py    `finetune`
generation.py  `generate`
review.py      `curate` and `queue`
web.py         `web`
posting.py     `post`, `run`, `resolve`
log.py         `log show`, `repair`, `accept`
monitoring.py  `status`, `schedule`, `doctor`, `health`
display/       bars, tables and charts of the commands that take long
"""
