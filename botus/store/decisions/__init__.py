"""What a person decided about which post, for good.

journal.py     owns .botus/decisions.jsonl, the curator's journal, and knows how an entry is written
entries.py     what stands in the journal: decisions, steps and what takes them back; its history. Pure
judgement.py   what steps make of the posts: the verdicts, and where new wordings came from. Pure
"""
