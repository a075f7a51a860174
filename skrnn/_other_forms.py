"""A fitted network as a model of other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._ensemble import members_of
from ._messages import shown
from ._spec import network_of


class OtherForms:
    """The Keras model and the ONNX model of a network over sequences."""

    builder_: Any
    n_networks_: int
    network_: dict[str, Any]
    weights_: list[np.ndarray]
    _task: Any

    def to_keras(self) -> Any:
        """Build a Keras model with the fitted weights.

        It takes X in the user's units as a float array (n_samples, n_steps, n_features), NaN for
        absent steps (or token ids), and gives predictions in the user's units, for a classifier
        the probabilities. With a line beside the networks (`line_`), n_steps is that of `fit`. If
        `fit` was given `known`, it takes [X, known]. A network made by `model` is given as it was
        built: it takes standardized inputs and gives raw outputs.

        Returns
        -------
        keras.Model
            A new model; training it leaves the estimator alone.
        """
        check_is_fitted(self)
        from . import _keras

        network, task = network_of(self.network_), self._task()
        _refuse_token_line(task)
        if self.builder_ is not None:
            around = {"builder": self.builder_}
        else:
            around = task.targets.keras_layers()
            around["input_scaling"] = task.inputs.keras_scaling()
            if task.inputs.n_known:
                around["known_scaling"] = task.inputs.keras_scaling_of_known()
        networks = members_of(self.weights_, self.n_networks_)
        line, of_classes = task.line, task.class_line
        if line is None:
            mean = _keras.build_mean([_keras.build(network, w, **around) for w in networks])
            if of_classes is None:
                return mean
            scaling = task.inputs.of_line().keras_scaling()
            return _keras.build_beside_class_line(mean, of_classes, scaling, around["activation"])
        beside = {**around, "output_scaling": (line.scale, line.mean)}
        n_alone = line.n_alone
        models = [
            _keras.build(network, w, **(around if number < n_alone else beside))
            for number, w in enumerate(networks)
        ]
        line = line.part((len(networks) - n_alone) / len(networks))
        scaling = task.inputs.of_line().keras_scaling()
        return _keras.build_beside_line(_keras.build_mean(models), line, scaling)

    def to_onnx(self, dtype: str = "float64") -> Any:
        """Return an ONNX model of the fitted networks, which serves without TensorFlow.

        It has the operators RNN, GRU and LSTM of ONNX itself (a Scan for "mingru"), and all between
        the user's units: the scale of X and of y, absent steps, the mean of `n_networks`, the line
        or the counted tokens beside them, quantiles. It needs ``pip install skrnn[onnx]``;
        TensorFlow is not used.

        Parameters
        ----------
        dtype : {"float64", "float32"}, default="float64"
            The type of the numbers that it takes and gives. The network itself has float32.

        Returns
        -------
        model : onnx.ModelProto
            Its input is "X": numbers of shape (n_samples, n_steps, n_features), also where X has
            two axes in `fit`, or int64 token ids of shape (n_samples, n_steps). A step that is NaN
            in all its features, or the id 0, is absent: pad sequences of other lengths with them.
            With a line beside the networks (`line_`), n_steps is that of `fit`.
            Its output is "y", what `predict` gives, or "probabilities", what `predict_proba` gives;
            the classes are in the metadata of the model as JSON, under "classes".

        Raises
        ------
        ValueError
            If the network has no ONNX form: a `model` of your own, or ``decoder="rnn"``.
        ModuleNotFoundError
            If onnx is not installed.

        See Also
        --------
        to_keras : A Keras model.

        Examples
        --------
        >>> import numpy as np
        >>> import onnxruntime  # doctest: +SKIP
        >>> from skrnn import RNNRegressor
        >>> X, y = np.random.default_rng(0).normal(size=(40, 5, 2)), np.arange(40.0)
        >>> network = RNNRegressor(units=4, epochs=1).fit(X, y)
        >>> served = network.to_onnx().SerializeToString()  # doctest: +SKIP
        >>> session = onnxruntime.InferenceSession(served)  # doctest: +SKIP
        >>> session.run(None, {"X": X})[0].shape  # doctest: +SKIP
        (40,)
        """
        check_is_fitted(self)
        if dtype not in ("float32", "float64"):
            raise ValueError(
                f"Expected dtype to be 'float32' or 'float64', got {shown(dtype)}: one of the "
                "types in which the model can be given X."
            )
        try:
            from .onnx_export import exported
        except ModuleNotFoundError as error:
            if error.name != "onnx":
                raise
            raise ModuleNotFoundError(
                "Expected the package onnx, of which to_onnx makes the model, got a Python without "
                "it. Run pip install skrnn[onnx].",
                name="onnx",
            ) from error
        return exported(self, dtype)


def _refuse_token_line(task: Any) -> None:
    """Refuse to build what counts tokens."""
    if task.token_line is not None:
        raise ValueError(
            "Expected networks alone for to_keras(), got a linear model of counted tokens beside "
            "them. Set baseline=None, and fit again, or serve what to_onnx() gives."
        )
