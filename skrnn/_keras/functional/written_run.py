"""Run a cell whose derivatives are written out.

Backpropagation through time (Werbos, "Backpropagation through time: what it does and how to do it",
1990): the loop that automatic differentiation makes keeps and reads several times what the formulas
need, and takes longer to compile.
"""

import tensorflow as tf

from .runs import Run, as_stack, of_all_steps


class WrittenRun(Run):
    """A run of a `skrnn._keras.functional.cells.WrittenCell`."""

    def states(self, inputs, parts, start):
        """See `Run.states`."""
        *_, recurrent, inner_bias = parts
        here = as_stack(self.present)
        projected = self._project(inputs, parts)

        def begin(count, state):
            at = self.step_number(tf.minimum(count, self.n_run - 1))
            inner = tf.matmul(state[0], recurrent)
            return self.cell.gates(projected.read(at), inner), inner

        def step(count, state, begun, out):
            at = self.step_number(count)
            gates, inner = begun
            state, _ = self.cell.after(
                gates, projected.read(at), inner, state, here.read(at), inner_bias
            )
            # The next step is begun here: where nothing is kept, XLA would make one expression of a
            # step, which computes parts of it twice.
            out = [o.write(at, state[0]) for o in out]
            return count + 1, state, begin(count + 1, state), out

        units = recurrent.shape[0]
        out = [self.empty(units)] if self.want_steps else []
        start = start or self.zeros(units)
        _, state, _, out = self.loop(step, start, begin(0, start), out)
        return (*(o.stack() for o in out), *state[: self.n_last])

    def forward(self, inputs, parts, start):
        """See `Run.forward`."""
        *_, recurrent, inner_bias = parts
        cell, units = self.cell, recurrent.shape[0]
        here = as_stack(self.present)
        projected = self._project(inputs, parts)

        def step(count, state, stacks):
            at = self.step_number(count)
            inner = tf.matmul(self.drop(state[0]), recurrent)
            current = (stacks[1] if in_place else projected).read(at)
            new, kept = cell.kept_step(current, inner, state, here.read(at), inner_bias)
            kept = (state[0], *kept)
            return count + 1, new, [s.write(at, k) for s, k in zip(stacks, kept, strict=True)]

        stacks = [self.empty(width * units) for width in (1, *cell.kept)]
        in_place = cell.kept[0] * units == recurrent.shape[1]
        if in_place:
            # No array to fill with zeros, and less memory to go through.
            stacks[1] = projected
        _, state, stacks = self.loop(step, start or self.zeros(units), stacks)
        stacks = [stack.stack() for stack in stacks]

        def gradient(*d_out):
            return self._gradient(d_out, stacks, inputs, parts, bool(start))

        steps = [self.steps_after(state[0], stacks[0], start)] if self.want_steps else []
        return (*steps, *state[: self.n_last]), gradient

    def _project(self, inputs, parts):
        """Return `projected` of all steps, a stack; the gates of absent steps are held."""

        def project(inputs, present):
            projected = of_all_steps(lambda rows: self.cell.project(rows, parts), inputs)
            return self.cell.hold(projected, present)

        return as_stack(self.blocks.map(project, inputs, self.present))

    def _gradient(self, d_out, stacks, inputs, parts, is_started):
        """Return the derivatives of what `forward` was given."""
        kernel, _, recurrent, _ = parts
        d_inner, apart, d_start = self._back(d_out, stacks, recurrent, is_started)
        cell = self.cell

        def products(inputs, before, d_inner, *apart):
            of_bias, of_inner_bias = cell.of_biases(d_inner, apart)
            return (
                _matmul_of_steps(inputs, cell.of_projected(d_inner, apart)),
                of_bias,
                _matmul_of_steps(self.drop(before), d_inner),
                of_inner_bias,
            )

        def d_inputs(d_inner, *apart):
            back = tf.transpose(kernel)
            return of_all_steps(
                lambda rows: tf.matmul(rows, back), cell.of_projected(d_inner, apart)
            )

        return (
            self.blocks.map(d_inputs, d_inner, *apart),
            *self.blocks.sum(products, inputs, stacks[0], d_inner, *apart),
            *d_start,
        )

    def _back(self, d_out, stacks, recurrent, is_started):
        """Return the derivatives of `inner`, of what is apart, at all steps, and of the start."""
        cell, units = self.cell, recurrent.shape[0]
        back = tf.transpose(recurrent)
        here = as_stack(self.present)
        kept = [as_stack(stack) for stack in stacks]
        d_steps = [as_stack(d_out[0])] if self.want_steps else []
        d_last = tuple(d_out[self.want_steps :])

        # The derivatives of steps that are not run must be zero for the products.
        in_place = cell.is_overwritten and self.runs_all

        def readers(at, stacks):
            own = [kept[0], stacks[0] if in_place else kept[1], *kept[2:]]
            return [lambda stack=stack: stack.read(at) for stack in own]

        def meet(at, stacks, d_h, rest):
            for d_step in d_steps:
                d_h += d_step.read(at)
            return cell.meet(readers(at, stacks)[1:], d_h, rest)

        def step(count, met, stacks, _):
            at = self.step_number(self.n_run - 1 - count)
            before, *own = readers(at, stacks)
            d_inner, apart, d_h, rest = cell.step_back(own, before, lambda: here.read(at), met)
            d_h += self.drop(tf.matmul(d_inner, back))
            # After the first step there is none to meet: what is read there goes unused.
            earlier = self.step_number(tf.maximum(self.n_run - 2 - count, 0))
            found = (d_inner, *apart)
            stacks = [s.write(at, f) for s, f in zip(stacks, found, strict=True)]
            met = meet(earlier, stacks, d_h, rest)
            return count + 1, met, stacks, (d_h, *rest) if is_started else ()

        zeros = self.zeros(units)
        d_state = (*d_last, *zeros[self.n_last :])
        widths = (recurrent.shape[1], *(units for _ in range(cell.n_apart)))
        stacks_out = [self.empty(width) for width in widths]
        if in_place:
            stacks_out[0] = kept[1]
        met = meet(self.step_number(self.n_run - 1), stacks_out, d_state[0], d_state[1:])
        d_start = zeros if is_started else ()
        _, _, found, d_start = self.loop(step, met, stacks_out, d_start)
        d_inner, *apart = [stack.stack() for stack in found]
        return d_inner, apart, d_start


def _matmul_of_steps(left, right):
    """Sum the products of all steps and samples: (n_steps, batch, a) x (.., b) -> (a, b)."""
    left, right = (tf.reshape(a, [-1, a.shape[2]]) for a in (left, right))
    return tf.matmul(left, right, transpose_a=True)
