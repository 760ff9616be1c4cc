"""The parts behind `botus corpus`: from the posts of an export to corpus.txt, and out of it again.

commands.py    the commands corpus import, remove, add, stats and forget
"""
