"""Texts for recurrent networks: analysis into tokens, a vocabulary, and rows of token ids.

None of it needs TensorFlow.
"""

from ._tokenizer import SequenceTokenizer

__all__ = ["SequenceTokenizer"]
