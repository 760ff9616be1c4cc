"""What `botus init` and `botus login` ask, try and write.

draft.py         the settings of a folder as they are, and what is to become of them
values.py        whether a value is good, and what it means in words
env_text.py      the text of a `.env` file, in which settings change and everything else stays
conversation.py  the questions, platform by platform
trial.py         whether the accounts can be reached and take the credentials
compose.py       the text of compose.yaml
writing.py       writes it all into the folder
logging_in.py    gets into an account, and writes what that takes
"""
