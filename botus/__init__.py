"""botus: a small fine-tuned GPT-2 writes posts, a person prunes them, a tiny container posts them."""

__version__ = "0.1.0"
