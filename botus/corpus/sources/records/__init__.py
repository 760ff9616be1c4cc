"""Rows of a CSV and objects of JSON, from any program.

json_records.py  JSON and JSON Lines: objects with a field of words, or bare strings
tables.py        CSV, and The Trump Archive's
"""
