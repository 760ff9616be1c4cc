"""The commands, one module per family: parse, call, print. The one error boundary and the only printer of
results.

corpus.py    the commands around corpus.txt. Parse, call, print; `cli` has the others
display/     What a person sees while a command is at work or of its figures
log.py       `botus log`: its commands, and what `log show` prints of tweeted.json
main.py      the commands: parse, call, print. The only error boundary
options.py   options that every command takes, before or after its name, and what they lead to: settings and
             output
review.py    the commands around the review: curate, queue add. Parse, call, print; `cli` has the others
training.py  the command that trains. Parse, call, print; `cli` has the others
"""
