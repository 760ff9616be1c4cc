"""The log as posting needs it: what a post becomes there, whether it is whole, its repair where it is not.

entry.py       the entry of a finished post in tweeted.json
check.py       notices a shortened tweeted.json, by what it remembers of it
repair.py      a damaged or shortened tweeted.json: repair it, or take it as it is
salvage.py     what can still be read in a damaged log: entries, and every text that is whole
"""
