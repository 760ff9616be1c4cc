"""The settings: from the environment and from files, read here and nowhere else.

settings.py     the Settings that the rest of botus goes by
names.py        every setting that belongs to no platform, and all names that mean something
environment.py  what is exported, and below it the `.env` files of the data directory and of the current one
notices.py      names that are misspelt, and other things that are odd but not wrong
secret_file.py  the content of a file that holds a secret
reading.py      reads the values: Settings, and everything that is wrong at once
"""

from botus.settings.names import NAMES, OWN, SECRETS, SETTINGS
from botus.settings.reading import load, log_format, read, understand
from botus.settings.settings import LogFormat, PostOnly, PostOrder, Settings

__all__ = [
    "NAMES",
    "OWN",
    "SECRETS",
    "SETTINGS",
    "LogFormat",
    "PostOnly",
    "PostOrder",
    "Settings",
    "load",
    "log_format",
    "read",
    "understand",
]
