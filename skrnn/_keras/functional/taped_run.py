"""Run a cell that has no derivatives of its own: `tf.GradientTape` finds those of each step.

The run keeps the state before every step. On the way back each step is computed once more under a
tape, which gives its derivatives. So the loops hold what `Cell.step` says and nothing else, run in
XLA for any number of steps, and keep no more than the states.
"""

import tensorflow as tf

from .runs import Run, as_stack, of_all_steps


class TapedRun(Run):
    """A run of any `skrnn._keras.functional.cells.Cell`."""

    def states(self, inputs, parts, start):
        """See `Run.states`."""
        units = self.cell.units(parts)
        last, before, _ = self._run(inputs, parts, start or self.zeros(units), int(self.want_steps))
        return self._asked_for(last, before, start)

    def forward(self, inputs, parts, start):
        """See `Run.forward`."""
        first = start or self.zeros(self.cell.units(parts))
        last, before, projected = self._run(inputs, parts, first, self.cell.n_states)

        def gradient(*d_out):
            d_projected, d_parts, d_start = self._back(d_out, projected, before, parts)
            d_inputs, *of_projection = self._back_to_inputs(inputs, parts, d_projected)
            d_parts = [a + b for a, b in zip(d_parts, of_projection, strict=True)]
            return d_inputs, *d_parts, *(d_start if start else ())

        return self._asked_for(last, before, start), gradient

    def _run(self, inputs, parts, start, n_kept):
        """Return the last state, arrays of the state before each step, and `projected`."""
        project = self._projection(parts)
        projected = self.blocks.map(project, inputs)
        at_step, here = as_stack(projected), as_stack(self.present)

        def step(count, state, stacks):
            at = self.step_number(count)
            stacks = [s.write(at, a) for s, a in zip(stacks, state[:n_kept], strict=True)]
            return count + 1, self._next(at_step.read(at), state, parts, here.read(at)), stacks

        stacks = [self.empty(array.shape[1]) for array in start[:n_kept]]
        _, state, stacks = self.loop(step, start, stacks)
        return state, [stack.stack() for stack in stacks], projected

    def _next(self, projected, state, parts, present):
        """Return the state after a step; where that is absent, the state as it was."""
        new = self.cell.step(projected, state, parts, self.drop)
        return tuple(tf.where(present, n, s) for n, s in zip(new, state, strict=True))

    def _projection(self, parts):
        return lambda inputs: of_all_steps(lambda rows: self.cell.project(rows, parts), inputs)

    def _asked_for(self, last, before, start):
        steps = [self.steps_after(last[0], before[0], start)] if self.want_steps else []
        return (*steps, *last[: self.n_last])

    def _back(self, d_out, projected, before, parts):
        """Return the derivatives of `projected`, of the parts by the steps, and of the start."""
        here, at_step = as_stack(self.present), as_stack(projected)
        states = [as_stack(b) for b in before]
        d_steps = [as_stack(d_out[0])] if self.want_steps else []

        def step(count, d_state, d_parts, d_projected):
            at = self.step_number(self.n_run - 1 - count)
            for d_step in d_steps:
                d_state = (d_state[0] + d_step.read(at), *d_state[1:])
            known = at_step.read(at), tuple(s.read(at) for s in states), tuple(parts)
            with tf.GradientTape() as tape:
                tape.watch(known)
                new = self._next(*known, here.read(at))
            d_own, d_state, found = tape.gradient(
                new, known, d_state, unconnected_gradients=tf.UnconnectedGradients.ZERO
            )
            d_parts = tuple(a + b for a, b in zip(d_parts, found, strict=True))
            return count + 1, d_state, d_parts, d_projected.write(at, d_own)

        d_last = (*d_out[self.want_steps :], *self.zeros(before[0].shape[2])[self.n_last :])
        d_parts = tuple(tf.zeros_like(part) for part in parts)
        empty = self.empty(projected.shape[2])
        _, d_start, d_parts, d_projected = self.loop(step, d_last, d_parts, empty)
        return d_projected.stack(), d_parts, d_start

    def _back_to_inputs(self, inputs, parts, d_projected):
        """Return the derivatives of the inputs, and of the parts by the projection."""

        def back(inputs, d_projected):
            with tf.GradientTape() as tape:
                tape.watch([inputs, *parts])
                projected = self._projection(parts)(inputs)
            return tape.gradient(
                projected,
                [inputs, *parts],
                d_projected,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )

        return (
            self.blocks.map(lambda *block: back(*block)[0], inputs, d_projected),
            *self.blocks.sum(lambda *block: back(*block)[1:], inputs, d_projected),
        )
