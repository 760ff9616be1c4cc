"""What the readers of exports share.

archive.py     the files of an export where they lie: in a folder, a zip, a tar, a gzip or alone
authors.py     whose posts they are, where a file has those of several people
decoding.py    bytes -> text or lines, whatever the encoding; broken letters are repaired
fields.py      records (rows, objects) -> posts: which field is the text, what the others say
kinds.py       what kind of post a record is by its own fields: a retweet, an answer, a message
cells.py       what programs do to the words of a cell, undone; what they write where there are none
jsonstream.py  JSON of any size, value by value
dates.py       when was it? every form in which exports write a date
post.py        a post as an export has it, why it may be refused
words.py       what the words tell on their own: whose they are, to whom they speak, are they all of it
rows.py        lines -> rows of a CSV
"""
