"""A fitted network, ready to predict again and again."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..._data.sequences import Sequences
from ..._spec import Spec
from ..devices import nearest_device
from ..functional.architectures import architecture_of
from ..kept import KeptByArrays
from .prediction_programs import map_program, outputs, summed_losses
from .shapes import MAX_PADDED_VALUES, PREDICT_BATCH, Shape, prediction_shape, round_up
from .tensors import aligned_copy, can_be_shared, sequence_tensors, target_tensor, tensor
from .threads import mapping, n_threads

Arrays = Sequence[np.ndarray]

_kept = KeptByArrays(maxsize=128)


def load(network: Spec, weights: Arrays, device: str) -> "Predictor":
    """Return the predictor of a network with these weights, the same every time while they live.

    If the device that they were fitted on is missing, it predicts on the CPU.
    """
    device = nearest_device(device)
    key = network, device
    predictor: Predictor = _kept.get(weights, key, lambda: Predictor(network, weights, device))
    predictor.refresh(weights)
    return predictor


class Predictor:
    """A network with its weights as tensors.

    Parameters
    ----------
    network : Spec
    weights : sequence of ndarray
        They are not kept alive, but the memory that the tensors share with them is.
    device : {"cpu", "gpu"}
        The device that it computes on.
    """

    def __init__(self, network: Spec, weights: Arrays, device: str) -> None:
        self.network, self.device = network, device
        # An array that lends its memory is not copied.
        self._copies = [None if _can_lend(w) else aligned_copy(w) for w in weights]
        held = [w.view() if c is None else c for w, c in zip(weights, self._copies, strict=True)]
        self.weights = [tensor(array) for array in held]

    def refresh(self, weights: Arrays) -> None:
        """Take over what was changed in place since, in the arrays that this was made of."""
        for i, (array, copy) in enumerate(zip(weights, self._copies, strict=True)):
            if copy is not None and not np.array_equal(array, copy):
                # Not in the same memory: another thread may be predicting from it.
                self._copies[i] = changed = aligned_copy(array)
                self.weights[i] = tensor(changed)

    def outputs(self, sequences: Sequences) -> np.ndarray:
        """Return the raw outputs; see `skrnn._keras.engine.Engine.predict`."""
        if architecture_of(self.network).has_step_outputs(self.network):
            return self._of_steps(sequences)
        return self._of_samples(outputs, sequences)[0]

    def losses(
        self, sequences: Sequences, targets: np.ndarray, loss: str | Callable[..., Any]
    ) -> np.ndarray:
        """Return the summed loss of each sample and the number of its terms: (n_samples, 2)."""
        return self._of_samples(summed_losses, sequences, loss, targets=targets)[0]

    def attention(self, sequences: Sequences, targets: np.ndarray | None = None) -> np.ndarray:
        """Return the attention to each step of a sequence, zero where absent.

        The shape is (n_samples, n_steps). For a decoder it is (n_samples, n_target_steps, n_steps),
        and the steps of the targets may be more than were given.
        """
        (shares,) = self._of_samples(self._named("attention"), sequences, targets=targets)
        return shares[..., : sequences.n_steps]

    def search(
        self, sequences: Sequences, beam_width: int, max_len: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what a beam search finds.

        Returns
        -------
        tokens : int32 ndarray of shape (n_samples, beam_width, max_len)
            Zero after the end.
        log_probability : float32 ndarray of shape (n_samples, beam_width)
        """
        found = self._of_samples(self._named("search"), sequences, beam_width, max_len)
        return found[0], found[1]

    def encode(self, sequences: Sequences) -> np.ndarray:
        """Return the latent vectors of an autoencoder: (n_samples, latent_dim)."""
        return self._of_samples(self._named("encode"), sequences)[0]

    def decode(self, latent: np.ndarray, n_steps: int) -> np.ndarray:
        """Return what an autoencoder writes: (n_samples, n_steps, n_features)."""
        # Every step of a sequence is the same row of the table.
        numbers = np.arange(len(latent))
        vectors = Sequences(latent, numbers, np.full(len(latent), n_steps), dilation=0, varies=True)
        return self._of_samples(self._named("decode"), vectors)[0][:, :n_steps]

    def reconstruct(self, sequences: Sequences) -> np.ndarray:
        """Return all steps in a row as an autoencoder writes them: (n_all_steps, n_features)."""
        return self._of_steps(sequences)

    def roll_out(
        self, sequences: Sequences, known: np.ndarray, order: tuple[int, ...]
    ) -> np.ndarray:
        """Return the outputs of a network that is fed its own: (n_samples, n_steps, n_outputs).

        See `skrnn._keras.functional.recursion.roll_out`, whose weights these are.
        """
        n_samples, n_steps, n_known = known.shape
        # One program for all numbers of steps up to a power of two; tensors are never empty.
        values = np.zeros((n_samples, round_up(n_steps), max(n_known, 1)), np.float32)
        values[:, :n_steps, :n_known] = known
        (found,) = self._of_samples(self._named("roll_out"), sequences, order, targets=values)
        return found[:, :n_steps]

    def compile_in_background(self, sequences: Sequences) -> None:
        """Compile the prediction of sequences on another core, if there is one.

        Early stopping needs it at once, and hardly anybody fits without predicting.
        """
        shape = prediction_shape(self.network, sequences, n_samples=1)
        program = map_program(outputs, self.network, shape, self.device)
        if program.is_traced or n_threads() == 1:
            return
        if sequences.values.size >= MAX_PADDED_VALUES:
            return  # such a fit takes long anyway, and a compiler at work takes memory

        def compile_program() -> None:
            # A failure here comes again, as an error, when something is predicted.
            with contextlib.suppress(Exception):
                piece = sequences.cut(slice(0, 1), shape.n_rows)
                program(list(self.weights), sequence_tensors(piece, shape))

        threading.Thread(target=compile_program, name="skrnn-compile").start()

    def _named(self, name: str) -> Callable[..., Any]:
        return architecture_of(self.network).functions[name]

    def _of_steps(self, sequences: Sequences) -> np.ndarray:
        """Return the outputs of all steps in a row, as `Sequences.step_rows` has them."""
        firsts = np.cumsum(sequences.lengths) - sequences.lengths
        found: np.ndarray | None = None
        lock = threading.Lock()

        def keep(samples: Any, arrays: list[np.ndarray]) -> None:
            nonlocal found
            (array,) = arrays
            with lock:
                if found is None:
                    found = np.empty((int(sequences.lengths.sum()), *array.shape[2:]), array.dtype)
            within = np.arange(array.shape[1]) < sequences.lengths[samples, None]
            found[(firsts[samples, None] + np.arange(array.shape[1]))[within]] = array[within]

        shape = prediction_shape(self.network, sequences)
        self._by_pieces(outputs, shape, sequences, (), None, keep)
        assert found is not None
        return found

    def _of_samples(
        self,
        function: Callable[..., Any],
        sequences: Sequences,
        *options: Any,
        targets: np.ndarray | None = None,
    ) -> list[np.ndarray]:
        """Return the results of a function of batches, an array for each, by sample."""
        shape = prediction_shape(self.network, sequences, targets)
        found = [
            np.empty((len(sequences), *rest), dtype.as_numpy_dtype)
            for dtype, rest in function.result(self.network, shape, *options)  # type: ignore[attr-defined]
        ]

        def keep(samples: Any, arrays: list[np.ndarray]) -> None:
            for whole, part in zip(found, arrays, strict=True):
                whole[samples] = part

        self._by_pieces(function, shape, sequences, options, targets, keep)
        return found

    def _by_pieces(
        self,
        function: Callable[..., Any],
        shape: Shape,
        sequences: Sequences,
        options: tuple[Any, ...],
        targets: np.ndarray | None,
        keep: Callable[[Any, list[np.ndarray]], None],
    ) -> None:
        """Have the results of a function of batches kept, piece by piece of the samples.

        See `map_program` for the function.
        """
        program = map_program(function, self.network, shape, self.device, *options)
        weights = list(self.weights)

        def run_piece(samples: Any) -> None:
            piece = sequences.cut(samples, shape.n_rows)
            data = sequence_tensors(piece, shape)
            if targets is not None:
                data["targets"] = target_tensor(targets[samples], shape)
            keep(samples, [found.numpy()[: len(piece)] for found in program(weights, data)])

        pieces = list(_pieces(sequences, shape))
        with mapping(min(n_threads(), len(pieces)) if len(pieces) > 1 else 1) as map_pieces:
            list(map_pieces(run_piece, pieces))


def _can_lend(array: np.ndarray) -> bool:
    """Tell whether a tensor can share an array's memory without keeping the array itself alive."""
    return can_be_shared(array) and array.view().base is not array


def _pieces(sequences: Sequences, shape: Shape) -> Iterator[Any]:
    """Yield the samples that go through a program together, as slices or numbers.

    A batch takes as long as its longest sequence, so like lengths are put together.
    """
    firsts = range(0, len(sequences), shape.n_samples)
    pieces = (slice(first, first + shape.n_samples) for first in firsts)
    if not sequences.is_ragged or len(sequences) <= PREDICT_BATCH:
        return pieces
    order = np.argsort(sequences.lengths, kind="stable")
    return (order[piece] for piece in pieces)
