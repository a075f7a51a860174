"""Run a cell over the steps of a batch, and the derivatives back.

Backpropagation through time (Werbos, "Backpropagation through time: what it does and how to do it",
1990) is written out: the loop that automatic differentiation makes keeps and reads several times
what the formulas need, and takes longer to compile. What does not depend on the state stands
outside the loops, in matrix products over many steps at once.

Recurrent dropout: Gal and Ghahramani, "A theoretically grounded application of dropout in recurrent
neural networks", 2016 (one mask for all steps and gates).
"""

import tensorflow as tf

from .cells import CELLS

# Steps in one matrix product where a batch may end before the last step.
_BLOCK = 16


def run_cell(
    cell,
    inputs,
    present,
    weights,
    *,
    backward=False,
    keep_mask=None,
    want_steps=False,
    want_state=False,
    start=None,
    n_present=None,
    in_blocks=True,
    train=True,
):
    """Run a cell over the steps.

    Parameters
    ----------
    cell : {"simple", "gru", "lstm"}
    inputs : tensor of shape (n_steps, batch, width)
    present : bool tensor of shape (n_steps, batch, 1)
        An absent step leaves the state as it was.
    weights : (kernel, recurrent kernel, bias)
    backward : bool
        Run from the last step to the first.
    keep_mask : tensor of shape (batch, units) or None
        Recurrent dropout: multiplies the state that enters the gates.
    want_steps : bool
        Return the state after every step, else after the last.
    want_state : bool
        Return the whole state after the last step too, with which another run can go on.
    start : tuple of tensors of shape (batch, units) or None
        The whole state before the first step; None: zeros.
    n_present : int tensor or None
        The number of steps to run, all later ones being absent; None runs all. What is returned
        for a step that is not run means nothing.
    in_blocks : bool
        With `n_present`: take the matrix products block by block, no more blocks than are needed.
        Else over all steps at once, which is faster if few of them are not run.
    train : bool
        Whether a gradient will be asked for.

    Returns
    -------
    tensor of shape (n_steps, batch, units) or (batch, units); with `want_state` a pair of it and
    of a tuple of tensors (batch, units)
    """
    kernel, recurrent, bias = weights
    inner_bias = tf.zeros([1])
    if cell == "gru":
        units = recurrent.shape[0]
        bias, inner_bias = _gru_biases(bias, units)
    cell = CELLS[cell]
    n_last = cell.n_states if want_state else int(not want_steps)
    run = _Recurrence(cell, present, backward, keep_mask, want_steps, n_last, n_present, in_blocks)
    args = inputs, kernel, bias, recurrent, inner_bias, *(start or ())
    outputs = tf.custom_gradient(run.forward)(*args) if train else run.states(*args)
    if not want_state:
        return outputs[0]
    return outputs[0], tuple(outputs[1:] if want_steps else outputs)


def single_step(cell, inputs, weights, state):
    """Run a cell for one step: (batch, width) and a state to the next state, no gradient."""
    kernel, recurrent, bias = weights
    inner_bias = tf.zeros([1])
    if cell == "gru":
        bias, inner_bias = _gru_biases(bias, recurrent.shape[0])
    projected, inner = tf.matmul(inputs, kernel) + bias, tf.matmul(state[0], recurrent)
    return CELLS[cell].step(projected, inner, state, tf.constant(True), inner_bias)[0]


def _gru_biases(bias, units):
    """Return what is added to the projected input, and to the state's part of the new state."""
    of_gates = tf.concat([bias[1, : 2 * units], tf.zeros([units])], axis=0)
    return bias[0] + of_gates, bias[1, 2 * units :]


class _Recurrence:
    """One run of a cell over a batch: the states alone, or with their gradient."""

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
        self.blocks = _Blocks(self.n_steps, n_present if in_blocks else None)

    def states(self, inputs, kernel, bias, recurrent, inner_bias, *start):
        """Return the states that were asked for, a tuple."""
        here = _as_stack(self.present)
        projected = self._project(inputs, kernel, bias)

        def begin(count, state):
            at = self._step_number(tf.minimum(count, self.n_run - 1))
            inner = tf.matmul(state[0], recurrent)
            return self.cell.gates(projected.read(at), inner), inner

        def step(count, state, begun, out):
            at = self._step_number(count)
            gates, inner = begun
            state, _ = self.cell.after(
                gates, projected.read(at), inner, state, here.read(at), inner_bias
            )
            # The next step is begun here: where nothing is kept, XLA would make one expression of a
            # step, which computes parts of it twice.
            out = [o.write(at, state[0]) for o in out]
            return count + 1, state, begin(count + 1, state), out

        units = recurrent.shape[0]
        out = [self._empty(units)] if self.want_steps else []
        start = start or self._zeros(units)
        _, state, _, out = self._loop(step, start, begin(0, start), out)
        return (*(o.stack() for o in out), *state[: self.n_last])

    def forward(self, inputs, kernel, bias, recurrent, inner_bias, *start):
        """Return the states that were asked for, and their gradient function."""
        cell, units = self.cell, recurrent.shape[0]
        here = _as_stack(self.present)
        projected = self._project(inputs, kernel, bias)

        def step(count, state, stacks):
            at = self._step_number(count)
            inner = tf.matmul(self._entering(state[0]), recurrent)
            current = (stacks[1] if in_place else projected).read(at)
            new, kept = cell.step(current, inner, state, here.read(at), inner_bias)
            kept = (state[0], *kept)
            return count + 1, new, [s.write(at, k) for s, k in zip(stacks, kept, strict=True)]

        stacks = [self._empty(width * units) for width in (1, *cell.kept)]
        in_place = cell.kept[0] * units == recurrent.shape[1]
        if in_place:
            # No array to fill with zeros, and less memory to go through.
            stacks[1] = projected
        _, state, stacks = self._loop(step, start or self._zeros(units), stacks)
        stacks = [stack.stack() for stack in stacks]

        def gradient(*d_out):
            return self._gradient(d_out, stacks, inputs, kernel, recurrent, bool(start))

        steps = [self._steps(state[0], stacks[0])] if self.want_steps else []
        return (*steps, *state[: self.n_last]), gradient

    def _steps(self, last, before):
        """Return the states after every step from those before it."""
        if self.backward:
            return tf.concat([last[None], before[:-1]], axis=0)
        if self.runs_all:
            return tf.concat([before[1:], last[None]], axis=0)
        # The state after the last step that was run, wherever that is.
        after = tf.concat([before[1:], tf.zeros_like(last)[None]], axis=0)
        is_last = tf.range(self.n_steps)[:, None, None] == self.n_run - 1
        return tf.where(is_last, last[None], after)

    def _gradient(self, d_out, stacks, inputs, kernel, recurrent, is_started):
        """Return the derivatives of what `forward` was given."""
        cell, units = self.cell, recurrent.shape[0]
        back = tf.transpose(recurrent)
        here = _as_stack(self.present)
        kept = [_as_stack(stack) for stack in stacks]
        d_steps = [_as_stack(d_out[0])] if self.want_steps else []
        d_last = tuple(d_out[self.want_steps :])

        # Where some steps are not run, theirs must be zero for the products.
        in_place = cell.is_overwritten and self.runs_all

        def readers(at, stacks):
            own = [kept[0], stacks[0] if in_place else kept[1], *kept[2:]]
            return [lambda stack=stack: stack.read(at) for stack in own]

        def meet(at, stacks, d_h, rest):
            for d_step in d_steps:
                d_h += d_step.read(at)
            return cell.meet(readers(at, stacks)[1:], d_h, rest)

        def step(count, met, stacks, _):
            at = self._step_number(self.n_run - 1 - count)
            before, *own = readers(at, stacks)
            d_inner, apart, d_h, rest = cell.step_back(own, before, lambda: here.read(at), met)
            d_h += self._entering(tf.matmul(d_inner, back))
            # After the first step there is none to meet: what is read there goes unused.
            earlier = self._step_number(tf.maximum(self.n_run - 2 - count, 0))
            found = (d_inner, *apart)
            stacks = [s.write(at, f) for s, f in zip(stacks, found, strict=True)]
            met = meet(earlier, stacks, d_h, rest)
            return count + 1, met, stacks, (d_h, *rest) if is_started else ()

        zeros = self._zeros(units)
        d_state = (*d_last, *zeros[self.n_last :])
        d_start = zeros if is_started else ()
        widths = (recurrent.shape[1], *(units for _ in range(cell.n_apart)))
        stacks_out = [self._empty(width) for width in widths]
        if in_place:
            stacks_out[0] = kept[1]
        met = meet(self._step_number(self.n_run - 1), stacks_out, d_state[0], d_state[1:])
        _, _, found, d_start = self._loop(step, met, stacks_out, d_start)
        d_inner, *apart = [stack.stack() for stack in found]

        def products(inputs, before, d_inner, *apart):
            d_projected, sums, of_inner = (
                d_inner,
                tf.reduce_sum(d_inner, axis=[0, 1]),
                tf.zeros([1]),
            )
            if apart:
                d_projected = tf.concat([d_inner[:, :, : 2 * units], *apart], axis=2)
                # Not the sum of what was joined: XLA would join again for each number of the sum.
                ones = tf.ones([1, self.batch])
                of_apart = tf.matmul(ones, tf.reduce_sum(apart[0], axis=0))[0]
                of_inner = sums[2 * units :]
                sums = tf.concat([sums[: 2 * units], of_apart], axis=0)
            return (
                _matmul_of_steps(inputs, d_projected),
                sums,
                _matmul_of_steps(self._entering(before), d_inner),
                of_inner,
            )

        def d_inputs(d_inner, *apart):
            if apart:
                d_inner = tf.concat([d_inner[:, :, : 2 * units], *apart], axis=2)
            return _matmul(d_inner, tf.transpose(kernel))

        return (
            self.blocks.map(d_inputs, d_inner, *apart),
            *self.blocks.sum(products, inputs, stacks[0], d_inner, *apart),
            *d_start,
        )

    def _project(self, inputs, kernel, bias):
        """Return the input's part of the gates, a stack of all steps."""

        def project(inputs, present):
            return self.cell.hold(_matmul(inputs, kernel) + bias, present)

        return _as_stack(self.blocks.map(project, inputs, self.present))

    def _zeros(self, units):
        return (tf.zeros([self.batch, units]),) * self.cell.n_states

    def _entering(self, state):
        return state if self.keep_mask is None else state * self.keep_mask

    def _step_number(self, count):
        return self.n_run - 1 - count if self.backward else count

    def _empty(self, width):
        return tf.TensorArray(tf.float32, self.n_steps, element_shape=[self.batch, width])

    def _loop(self, step, *init):
        return tf.while_loop(lambda count, *_: count < self.n_run, step, (0, *init))


class _Blocks:
    """The steps that are run, in blocks for matrix products: one, or as many as are needed."""

    def __init__(self, n_steps, n_present):
        self.are_all = n_present is None
        self.n_steps = n_steps
        self.size = n_steps if n_steps % _BLOCK else _BLOCK
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


def _as_stack(values):
    n_steps, *shape = values.shape
    stack = tf.TensorArray(values.dtype, n_steps, element_shape=shape, clear_after_read=False)
    return stack.unstack(values)


def _matmul(values, kernel):
    """Multiply the last axis of (n_steps, batch, width) with a kernel."""
    n_steps, batch, width = values.shape
    flat = tf.matmul(tf.reshape(values, [n_steps * batch, width]), kernel)
    return tf.reshape(flat, [n_steps, batch, kernel.shape[1]])


def _matmul_of_steps(left, right):
    """Sum the products of all steps and samples: (n_steps, batch, a) x (.., b) -> (a, b)."""
    left, right = (tf.reshape(a, [-1, a.shape[2]]) for a in (left, right))
    return tf.matmul(left, right, transpose_a=True)
