"""The parts of `schedule`: CRON as fields, as words, and the clock on the wall.

fields.py  five fields -> the minutes and days on which it fires
words.py   the same in plain English, and what is probably not meant
zones.py   a time zone as stretches of one UTC offset
"""
