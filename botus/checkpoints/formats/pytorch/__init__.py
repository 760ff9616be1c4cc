"""What torch.save writes of a model, read without torch: each number is compared with the file first.

torch_pickle.py  the tensors of a pytorch_model.bin, in both of its containers
unpickler.py     runs the pickle in it, and none of what that asks for but tensors
stored_zip.py    the members of a zip that is not compressed, read in place
"""
