"""Is the bot well? Views of a data directory for people, for containers and for the owner's phone.

alerts.py        what the owner should hear of: which events are going on, each with its sentence. Pure
attention.py     what needs a person, one sentence each, with what to type: targets that stopped, posts
                 nobody knows about
checks/          What `botus doctor` looks at
columns.py       fits the lines of a report into a terminal: long ones are folded, and what follows is
                 indented
doctor.py        the doctor: everything that can be checked without posting, in order, as findings and as
                 lines of text
health.py        whether `botus run` is well: what a container's health check asks every minute
notify.py        pings PING_URL after good slots, and tells the services of NOTIFY_URLS what needs their
                 owner
open_posts.py    the posts that are still under way: on which target each waits, why, and what becomes of it
                 or can be done
queue_counts.py  what is in stock: which lines of the queue may be drawn, why the others may not, what was
                 kept so far
start_page.py    what `botus run` says when it starts
status.py        what `status` knows of a data directory, as values and as lines of text. Changes nothing
"""
