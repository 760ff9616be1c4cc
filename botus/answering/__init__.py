"""Answers to people, with lines that a person has picked beforehand; no model is asked.

mentions/    answers to who mentions the bot on Mastodon and Bluesky
pool.py      which lines answers are chosen from, why others are not, and which one it is
nearness.py  how near lines are to what was said
"""
