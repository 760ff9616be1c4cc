"""What every file needs: durable replace and append, claims, locks, long files in pieces.

disk.py      the system calls that change the data directory, one method each
document.py  JSON read strictly: its damage in words, its values of their kinds; files that are one value
exchange.py  replaces a file that an editor may save at any moment, and looks at what came out
files.py     durable files: read strictly, replace, append, claim, lock. Knows no format
jsonl.py     append-only files of JSON objects, one per line: candidates, decisions, the corpus
kept.py      what was read of a file, kept for as long as the file is the same. Knows no format
lines.py     the lines of an open text file as bytes: scan, index, find, rewrite in pieces. Knows no path
mounts.py    what the data directory lies on: do locks keep others out there, is a single file mounted?
opening.py   opens files to read them, and nothing that would wait or never end
owner.py     who holds an intent: a name for this very process, and whether one of that name still lives
renameat2.py two names exchange their files in one step: a call of the system that Python does not have
"""
