"""The ids that mean the same in every vocabulary.

::

    0                   padding
    1                   unknown: any token that is not in the vocabulary
    2 ... r + 1         r reserved ids, such as a start and an end, which no text contains
    r + 2 ...           the tokens, the most frequent first

A vocabulary of what networks write reserves `RESERVED`, so that START and END have these ids.
"""

from __future__ import annotations

PADDING, UNKNOWN = 0, 1
N_FIXED = 2  # padding and unknown
START, END = 2, 3
# The names of START and END, in this order.
RESERVED = ("[START]", "[END]")
