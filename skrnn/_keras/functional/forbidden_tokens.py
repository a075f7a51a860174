"""Tokens that are never written, as rows that are added to logits."""

import tensorflow as tf

# So low a logit that its probability is zero.
NEVER = -1e9


def never(tokens, n_tokens):
    """Return a row that rules out some tokens: (n_tokens,)."""
    return tf.reduce_sum(tf.one_hot(tokens, n_tokens), axis=0) * NEVER


def only(token, n_tokens):
    """Return a row that rules out all tokens but one: (n_tokens,)."""
    return (1 - tf.one_hot(token, n_tokens)) * NEVER
