"""Conversations: recognised by how they are built, refused as a whole, read where a person says who they are.

discord_exporter.py  the JSON of DiscordChatExporter
heads.py             how a message begins: a stamp, a name or both, in any program and locale
names.py             whose names begin lines without times, if those are people
recognition.py       whether a text is a conversation, and what says so
telegram.py          a chat or a public channel of Telegram
transcripts.py       the messages of one person in a text
"""
