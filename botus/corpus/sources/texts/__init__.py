"""Files without records.

plain.py    one post per line
samples.py  what gpt-2-simple writes and is trained on, and fortune files: posts between marked lines
"""
