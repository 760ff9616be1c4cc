"""CRON becomes slots, and `botus run` posts at them.

cron_times.py  what a cron expression says, as sets of numbers
cron.py        reads the text of CRON: croniter reads the terms, refusals say what was probably meant
meant.py       the cron expression that a schedule in plain English means
words.py       an expression in plain English, and what a person may not have meant by it
zones.py       time zones: finding one by its name, showing a moment in it, stretches of one UTC offset
slots.py       the schedule: CRON in a time zone, as slots; what is due now; what `botus schedule` prints
loop.py        the loop of the container: wait for a slot, claim it, post; look up lost answers; beat
process.py     what the container runs: signals, and the loop with the real clock
"""
