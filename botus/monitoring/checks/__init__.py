"""What `botus doctor` looks at, one module per thing.

finding.py        what a check yields: findings, each with what to do about it
environment.py    settings that are wrong, misspelt or without effect
folder.py         the data directory: who may write there, whether locks exclude, how much room is left
content.py        the files in it: can they be read, are they whole, is a line what it seems?
timing.py         the schedule: what it says, in which time zone, how often it posts, what a month costs on X
notifications.py  whether the services of NOTIFY_URLS are understood, and take a message
answers.py        whether people can be answered, and with what
accounts.py       who the accounts are, what they may do, whether the clocks agree, which lines are too long
"""
