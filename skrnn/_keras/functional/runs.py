"""The base of all runs of a cell over the steps of a batch.

A run is a loop over the steps. Terms that do not depend on the state are computed outside the loop,
by matrix products over many steps at once.
"""

import tensorflow as tf

# Steps in one matrix product where a batch may end before the last step.
_STEPS_A_PRODUCT = 16


class Run:
    """One run of a cell over a batch: the states alone, or with their gradient.

    See `skrnn._keras.functional.recurrence.run_cell` for the parameters.
    """

    def __init__(
        self, cell, present, backward, keep_mask, want_steps, n_last, n_present, in_blocks
    ):
        self.cell = cell
        self.present = present
        self.backward = backward
        self.keep_mask = keep_mask
        self.want_steps = want_steps
        self.n_last = n_last  # how many arrays of the state after the last step are asked for
        self.n_steps, self.batch = present.shape[:2]
        self.runs_all = n_present is None
        self.n_run = self.n_steps if self.runs_all else n_present
        self.blocks = Blocks(self.n_steps, n_present if in_blocks else None)

    def states(self, inputs, parts, start):
        """Return the states that were asked for, a tuple; without a gradient."""
        raise NotImplementedError

    def forward(self, inputs, parts, start):
        """Return the states that were asked for, and their gradient function.

        That gives the derivatives of the inputs, then of the parts, then of the start.
        """
        raise NotImplementedError

    def zeros(self, units):
        """Return the state before the first step where none is given."""
        return (tf.zeros([self.batch, units]),) * self.cell.n_states

    def drop(self, array):
        """Apply the recurrent dropout to an array (batch, units), or to one for each step."""
        return array if self.keep_mask is None else array * self.keep_mask

    def step_number(self, count):
        """Return the step that the loop runs after `count` others."""
        return self.n_run - 1 - count if self.backward else count

    def empty(self, width):
        """Return an array for each step, zero until it is written: (n_steps, batch, width)."""
        return tf.TensorArray(tf.float32, self.n_steps, element_shape=[self.batch, width])

    def loop(self, step, *init):
        """Run ``step(count, ...)`` for all steps that are run."""
        return tf.while_loop(lambda count, *_: count < self.n_run, step, (0, *init))

    def steps_after(self, last, before, is_started):
        """Return the outputs after every step from those before it; zero where none was run."""
        if self.backward:
            after = tf.concat([last[None], before[:-1]], axis=0)
            if self.runs_all or not is_started:
                return after
            # Before the first step that was run stands the start, which no step has given.
            return tf.where(self._numbers() < self.n_run, after, 0.0)
        if self.runs_all:
            return tf.concat([before[1:], last[None]], axis=0)
        # The state after the last step that was run, wherever that is.
        after = tf.concat([before[1:], tf.zeros_like(last)[None]], axis=0)
        return tf.where(self._numbers() == self.n_run - 1, last[None], after)

    def _numbers(self):
        return tf.range(self.n_steps)[:, None, None]


class Blocks:
    """The steps that are run, in blocks for matrix products: one, or as many as are needed."""

    def __init__(self, n_steps, n_present):
        self.are_all = n_present is None
        self.n_steps = n_steps
        self.size = n_steps if n_steps % _STEPS_A_PRODUCT else _STEPS_A_PRODUCT
        if not self.are_all:
            self.n_blocks = -(-n_present // self.size)

    def map(self, function, *arrays):
        """Return what a function of blocks gives for all steps; zero where none was run."""
        if self.are_all:
            return function(*arrays)
        blocks = [self._split(a) for a in arrays]
        one = function(*(b[0] for b in blocks))
        out = tf.TensorArray(tf.float32, self.n_steps // self.size, element_shape=one.shape)

        def step(at, out):
            return at + 1, out.write(at, function(*(b[at] for b in blocks)))

        _, out = tf.while_loop(lambda at, _: at < self.n_blocks, step, (0, out))
        return tf.reshape(out.stack(), [self.n_steps, *one.shape[1:]])

    def sum(self, function, *arrays):
        """Return the sums of what a function of blocks gives."""
        if self.are_all:
            return function(*arrays)
        blocks = [self._split(a) for a in arrays]

        def step(at, totals):
            found = function(*(b[at] for b in blocks))
            return at + 1, [t + f for t, f in zip(totals, found, strict=True)]

        zeros = [tf.zeros(f.shape) for f in function(*(b[0] for b in blocks))]
        return tf.while_loop(lambda at, _: at < self.n_blocks, step, (0, zeros))[1]

    def _split(self, array):
        return tf.reshape(array, [-1, self.size, *array.shape[1:]])


def as_stack(values):
    """Return an array for each step, to read from, of (n_steps, ...)."""
    n_steps, *shape = values.shape
    stack = tf.TensorArray(values.dtype, n_steps, element_shape=shape, clear_after_read=False)
    return stack.unstack(values)


def of_all_steps(function, values):
    """Apply a function of rows to steps: (n_steps, batch, a) to (n_steps, batch, b)."""
    n_steps, batch, width = values.shape
    flat = function(tf.reshape(values, [n_steps * batch, width]))
    return tf.reshape(flat, [n_steps, batch, flat.shape[1]])
