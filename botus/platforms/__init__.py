"""What botus knows of each platform before it asks it.

rows.py        limits, hosts, settings: one row per platform
lengths.py     how each platform counts the letters of a post, and which links are in it. Pure
"""
