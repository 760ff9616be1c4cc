"""The review in a terminal: keys in, screens out.

loop.py      `botus curate`: paints the state, reads a key, hands it to the session
tty.py       the terminal: single keys, one screen, signals; put back as it was
keyboard.py  what a terminal sends -> keys. Pure
screens.py   a state -> the lines of one screen: the card, the list, the keys. Pure
paint.py     what screens are made of: wrapping, visible signs, the line of keys. Pure
"""
