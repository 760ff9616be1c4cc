"""One HTTP request of a client library, and what is known of it afterwards.

exchange.py   what is known of one HTTP request, and what follows from it on every platform
transport.py  makes one HTTP request of a client library and records, at the socket, what became of it
"""
