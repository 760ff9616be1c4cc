"""May this text be posted, is it a copy, and is it worth reading? All pure.

rules.py     the rules, one small function each, and what can be set about them; the precheck of `post`
screen.py    the screen of `generate`: repairs, rules and flags in their order
repair.py    what can be put right in a generated text without changing what it says
mentions.py  what is a mention, and is the sentence whole without it? For corpus, screen and precheck alike
loops.py     does a text go round in circles, in whatever language?
lexicon.py   the words of a corpus: others a model has invented, or a few of them are usual
denylist.py  words and patterns that the user forbids: the format of denylist.txt
novelty.py   is a text new, or a copy of the corpus, the queue, the log, a dropped line, this very run?
scoring/     a deck of posts and what is counted in them: which are worth reading
likeness/    the searches for that, among many texts
verdict.py   what became of a text: the one answer of screen and novelty
"""
