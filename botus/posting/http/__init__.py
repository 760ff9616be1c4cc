"""One HTTP request of a client library, and what is known of it afterwards.

bounded.py      reads answers of a bounded length within a bounded time, whatever a server sends
connection.py   a target's connection to its platform, and what its answers mean on every platform
exchange.py     what is known of one HTTP request: the answer, a time, a short reason
rate_limits.py  how long a platform asks to be left alone, from the headers of an answer
sockets.py      bounds what a library does at sockets of its own, whatever it speaks over them
transport.py    makes one HTTP request and records, at the socket, what became of it
"""
