"""The review in a terminal: keys in, screens out.

card.py         paints the card: one post, as lines of styled text that fit a screen. Pure
keyboard.py     what a terminal sends -> keys. Pure: bytes in, keys out
paint.py        what all screens of a review are made of: widths, wrapping, visible signs, the line of keys.
                Pure
screen_loop.py  `botus curate` in a terminal: paints the card, reads a key, hands it to the session. No
                decisions here
screens.py      paints a review: state -> the lines of one screen: the card, the list or the keys. Pure
"""
