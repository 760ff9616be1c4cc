"""Which of many posts are worth reading? A score made of what can be counted in them.

deck.py      a deck of posts and what is counted in them; the score
measures.py  the words of a text, and nine measures of its shape
"""
