"""One module per export format: it tells whether a file is its format's, and reads the posts of an archive.

detection.py     what a path is and who reads it: the table of formats; `read` is the way in
discord.py       Discord's package, of any year
json_records.py  JSON and JSON Lines: objects with a field of words, or bare strings
mastodon.py      Mastodon's outbox.json and its relatives': ActivityPub
plain.py         files without records: lines, fortunes, samples of gpt-2-simple
tables.py        CSV, and The Trump Archive's
unsupported.py   what botus does not read, and what to do instead
x.py             X's archives of every generation

A reader undoes what its format did to the words (markup, entities, encodings) and nothing else: cleaning,
filters and duplicates come later. A new format is its module and its line in `detection.FORMATS`.
"""
