"""What a person likes, learned from what they kept and dropped. All pure, all seeded.

regression.py  logistic regression by dual coordinate ascent, and the AUC
trust.py       how far what was learned is to be trusted: what it is worth on decisions that it has not seen
model.py       what was learned of a deck: what a post is worth, and which words speak for or against it
order.py       the order of the posts: by what they are worth, and every tenth at random
estimate.py    how many keepers are left, as far as the cards tell that came at random
"""
