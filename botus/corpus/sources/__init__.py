"""One module per export format: each turns bytes into posts, and says why one must not be imported.

detection.py     finds out what kind of export a path is, by what is in it; a name alone decides nothing
discord.py       reads the messages of a Discord package: `messages/c<id>/messages.json`, or the
                 `messages.csv` of 2020
json_records.py  reads JSON and JSON Lines: objects with a field of words or bare strings, in an array or in
                 lines
mastodon.py      reads Mastodon's `outbox.json`, alone or in its archive, and its relatives': ActivityPub
                 activities
plain.py         reads files without records: lines, fortunes between lines of `%`, samples between lines of
                 `=`
reading.py       one module per export format: each turns bytes into `Found` posts, and says why one must
                 not be imported
tables.py        reads CSV: one column or many, with a header or without one, whatever separates the cells
unsupported.py   names what is no export that botus reads, so that the person learns what to do instead of
                 reading nonsense
x.py             reads X's archives of every generation: `tweets.js` and its parts, `tweet.js`, Grailbird,
                 `tweets.csv`
x_csv.py         reads the `tweets.csv` that X's archives had before 2018
x_links.py       puts the addresses that were meant for the `t.co` links of X, and takes out those that
                 nobody typed
"""
