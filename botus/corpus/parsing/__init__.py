"""What the readers of exports share: files in archives, encodings, rows, JSON, HTML, moments.

archive.py     the files of an export where they lie: in a folder, a zip, a tar or alone; their names and
               their bytes
decoding.py    turns the bytes of a text file into text or lines, and repairs broken letters (ftfy)
dumps.py       reads what dumps of X's API, and of the programs that scrape it, say of a post beside its
               words
fields.py      finds the fields of a record that matter: its words, its moment, its likes, what it says of
               itself
jsonstream.py  reads JSON of any size value by value, with ijson
moments.py     reads the moments of exports: X's own form, ISO 8601 and its relatives, American dates, Unix
               time
post.py        what the readers of exports share: a post as it was found, why it may be refused, what a
               person may choose
quotations.py  tells when a post is made of other people's words, from the words alone: retweets by hand and
               quotations
rows.py        parses the rows of a CSV: which delimiter, and what to do with a quote that is never closed
tarball.py     decompresses a gzip as a file that can be searched, and refuses to go on where a small one
               becomes huge
"""
