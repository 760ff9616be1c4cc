"""A folder that a converter of CTranslate2 has made: any decoder that it knows, used where it lies.

folder.py          reads the folder, and checks that its files belong together
model_bin.py       the header of model.bin: the sizes of the tensors, and that they fit each other
tokenizer_json.py  the vocabulary of tokenizer.json: text to tokens, and tokens to bytes
"""
