"""What an export is, by what is in it, and the posts of each format.

detection.py    what a path is and who reads it: the table of formats; `read` is the way in
archives/       whole archives of a platform, whose files explain each other
chats/          conversations, of which one person's words may be taken
records/        rows of a CSV and objects of JSON
texts/          files without records: lines, fortunes, samples of gpt-2-simple
unsupported.py  what botus does not read, and what to do instead

A reader undoes what its format did to the words (markup, entities, encodings) and nothing else: cleaning,
filters and duplicates come later. A new format is its module and its line in `detection.FORMATS`.
"""
