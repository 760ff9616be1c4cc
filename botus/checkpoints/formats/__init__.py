"""The formats that models come in, a module each; `botus.checkpoints.checkpoint` chooses among them.

gpt2_simple.py  gpt-2-simple's runs and OpenAI's base models
bundle.py       the tensors of a TensorFlow V2 checkpoint bundle, read without TensorFlow
"""
