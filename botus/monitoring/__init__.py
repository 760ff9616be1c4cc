"""Is the bot well? Views of a data directory for people, for containers and for the owner's phone.

survey.py        the one reader: what the files hold, each read when it is asked for and once, and what is
                 damaged
attention.py     what needs a person and what is open, one sentence each, with what to type
queue/           the queue line by line and counted: what may go out, what is next, and why the rest may not
status.py        what `botus status` shows, as values and as lines of text
health.py        whether `botus run` is well: what a container's health check asks every minute
doctor.py        everything that can be checked without posting, as findings; checks/ has the checks
start_page.py    what `botus run` says when it starts
notify.py        pings PING_URL after good slots, and tells the services of NOTIFY_URLS what needs attention
alerts.py        which events are going on, each with its sentence, and which are over
columns.py       folds the lines of a report to the width of a terminal
"""
