"""Run a cell over the steps of a batch, and the derivatives back.

How a cell is differentiated is its own: `written_run` and `taped_run`.

Recurrent dropout: Gal and Ghahramani, "A theoretically grounded application of dropout in recurrent
neural networks", 2016 (one mask for all steps and gates).
"""

import tensorflow as tf


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
    cell : Cell
    inputs : tensor of shape (n_steps, batch, width)
    present : bool tensor of shape (n_steps, batch, 1)
        An absent step leaves the state as it was.
    weights : tuple of tensors
        The cell's, in the order of `skrnn._cell_weights`.
    backward : bool
        Run from the last step to the first.
    keep_mask : tensor of shape (batch, units) or None
        Recurrent dropout: multiplies the state that enters the gates, or what the cell says.
    want_steps : bool
        Return the state after every step, else after the last.
    want_state : bool
        Return the whole state after the last step too, with which another run can go on.
    start : tuple of tensors of shape (batch, units) or None
        The whole state before the first step; None: zeros.
    n_present : int tensor or None
        The number of steps to run, all later ones being absent; None runs all. The values returned
        for a step that is not run are zero.
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
    n_last = cell.n_states if want_state else int(not want_steps)
    run = cell.run(cell, present, backward, keep_mask, want_steps, n_last, n_present, in_blocks)
    parts = cell.parts(weights)

    @tf.custom_gradient
    def forward(inputs, *others):
        return run.forward(inputs, others[: len(parts)], others[len(parts) :])

    start = tuple(start or ())
    outputs = forward(inputs, *parts, *start) if train else run.states(inputs, parts, start)
    if not want_state:
        return outputs[0]
    return outputs[0], tuple(outputs[1:] if want_steps else outputs)
