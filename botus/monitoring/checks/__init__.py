"""What `botus doctor` looks at, one module per thing; each yields findings, asks no more than it has to.

accounts.py       checks of the accounts: who they are, what they may do, whether the clocks agree, which
                  lines are too long
content.py        checks of the files in the data directory: can they be read, are they whole, is a line
                  what it seems?
environment.py    checks of the environment: settings that are wrong, that are misspelt, that have no effect
finding.py        what `botus doctor` looks at, one module per thing; each yields findings, asks no more
                  than it has to
folder.py         checks of the data directory: who may write there, whether locks keep others out, how much
                  room is left
notifications.py  checks of NOTIFY_URLS: whether Apprise understands them, and, if asked to, whether they
                  take a message
timing.py         checks of the schedule: what it says, in which time zone, how often it posts, what a month
                  costs on X
"""
