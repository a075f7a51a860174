"""The network as a stack of Keras layers: what `to_keras` gives and the portable engine trains."""

import functools

import keras

from ..._tokens import END, START
from ..functional.architectures import loaded
from ..functional.cells import CELLS
from ..functional.forbidden_tokens import NEVER
from ..functional.language_network import NEVER_NEXT
from .bend_layer import scaling_layers
from .convolution_layer import CausalConvolution
from .pooling_layers import LAYERS
from .quantile_layer import QuantileLevels
from .seeds import seeded_layers


@keras.saving.register_keras_serializable("skrnn")
class MaskAbsent(keras.layers.Layer):
    """Mask the steps whose features are NaN, and pass zeros in their place."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs, mask=None):
        """Return True where a step is present: shape (batch, n_steps)."""
        return keras.ops.logical_not(keras.ops.isnan(inputs[:, :, 0]))

    def call(self, inputs):
        """Return the inputs with zeros for NaN."""
        return keras.ops.where(keras.ops.isnan(inputs), 0.0, inputs)

    def compute_output_shape(self, input_shape):
        """Return the shape unchanged."""
        return input_shape


def build_stack(
    network,
    weights=None,
    *,
    input_scaling=None,
    output_scaling=None,
    activation=None,
    seed=0,
    may_use_cudnn=False,
):
    """Build the network of Keras layers.

    Parameters
    ----------
    network : Network
    weights : list of ndarray or None
        None leaves Keras' own starting values.
    input_scaling : (scale, offset, bends, within) or None
        Layers before the network that turn raw units into the network's.
    output_scaling : (scale, offset) of float lists, or None
        Layers behind it that turn them back.
    activation : {None, "softmax", "sigmoid"}
        Turns logits into probabilities.
    seed : int
        The seed of the layers' dropout.
    may_use_cudnn : bool
        Leave it to Keras whether recurrent layers use cuDNN. It gives these numbers to float32
        accuracy, and fails where a step is present after an absent one.

    Returns
    -------
    keras.Model
        From (n_samples, n_steps, n_features), NaN for absent steps, or from token ids
        (n_samples, n_steps).
    """
    with seeded_layers(seed):
        recurrent = functools.partial(_recurrent_layer, network, may_use_cudnn=may_use_cudnn)
        around = input_scaling, output_scaling, activation
        model = keras.Sequential(_layers(network, recurrent, *around))
    if weights is not None:
        model.set_weights(weights)
    return model


def build_language(network, weights, seed=0):
    """Build a language model of Keras layers, with weights: ids to logits of the next ones."""
    with seeded_layers(seed):
        layers = [
            *token_layers(network),
            *(plain_layer(network, units, return_sequences=True) for units in network.units),
            # The same units at all steps, as in the layers.
            keras.layers.Dropout(network.dropout, noise_shape=(None, 1, network.units[-1])),
            keras.layers.Dense(network.n_tokens),
        ]
        model = keras.Sequential(layers)
    table, *others, bias = weights
    table, bias = table.copy(), bias.copy()
    table[END] = table[START]  # the network reads the end of one text as the start of the next
    bias[list(NEVER_NEXT)] = NEVER
    model.set_weights([table, *others, bias])
    return model


def _layers(network, recurrent, input_scaling, output_scaling, activation):
    if network.n_tokens is None:
        layers = input_layers(network.n_features, input_scaling)
    else:
        layers = token_layers(network, trainable=network.trainable_embeddings)
    size = network.conv_kernel_size
    for filters, stride in zip(network.conv_filters, network.conv_strides, strict=True):
        layers.append(CausalConvolution(filters, size, stride))
    for number, units in enumerate(network.units):
        is_last = number == len(network.units) - 1
        layers.append(recurrent(units, network.reads_steps or not is_last))
    if network.pooling != "last" and not network.return_sequences:
        layers.append(LAYERS[network.pooling]())
    layers += [keras.layers.Dense(units, activation="relu") for units in network.hidden_units]
    layers.append(keras.layers.Dense(network.n_outputs))
    if network.n_levels is not None:
        layers.append(QuantileLevels(network.n_levels, has_axis=output_scaling is not None))
    if output_scaling is not None:
        layers.append(keras.layers.Rescaling(*output_scaling))
    if activation is not None:
        layers.append(keras.layers.Activation(activation))
    return layers


def input_layers(n_features, scaling):
    """Return an input, and the layers that bring it into the network's units with a mask."""
    if scaling is None:
        return [keras.Input((None, n_features)), MaskAbsent()]
    *_, within = scaling
    inputs = keras.Input((None, n_features - len(within)))
    return [inputs, *scaling_layers(*scaling), MaskAbsent()]


def token_layers(network, trainable=True):
    """Return an input of token ids, and their embedding, with a mask."""
    embedding = keras.layers.Embedding(
        network.n_tokens, network.embedding_dim, mask_zero=True, trainable=trainable
    )
    return [keras.Input((None,), dtype="int32"), embedding]


def _recurrent_layer(network, units, want_steps, may_use_cudnn):
    layer = plain_layer(network, units, may_use_cudnn, return_sequences=want_steps)
    if network.bidirectional:
        layer = keras.layers.Bidirectional(layer)
    layer.trainable = network.trainable_recurrent
    return layer


def plain_layer(network, units, may_use_cudnn=False, **returned):
    """Return a recurrent layer of one direction; `returned` are its ``return_...`` arguments."""
    cell = CELLS[network.cell]
    options = cell.keras_options
    if may_use_cudnn and "use_cudnn" in options:
        options = {**options, "use_cudnn": "auto"}
    return loaded(cell.keras_layer)(
        units,
        dropout=network.dropout,
        recurrent_dropout=network.recurrent_dropout,
        **returned,
        **options,
    )


def user_network(network, builder, weights=None, seed=0):
    """Build the user's own network, and give it weights if there are any.

    Its layers take their seeds from `seed`, those that were given one excepted.
    """
    with seeded_layers(seed):
        model = builder((None, network.n_features), network.n_outputs)
    if not isinstance(model, keras.Model):
        raise TypeError(
            "Expected model to be a function (input_shape, n_outputs) that returns a keras.Model, "
            f"got {type(model).__name__} from {builder!r}. Return the model itself, not compiled."
        )
    if not model.built:
        model.build((None, None, network.n_features))
    shape = getattr(model, "output_shape", None)
    rank = 3 if network.return_sequences else 2
    if isinstance(shape, tuple) and (shape[-1] != network.n_outputs or len(shape) != rank):
        expected = (None,) * (rank - 1) + (network.n_outputs,)
        raise ValueError(
            f"Expected model to build a network with outputs of shape {expected}, got {shape}. "
            "Give its last layer n_outputs units; return_sequences tells whether it predicts at "
            "every step."
        )
    if weights is not None:
        set_weights(model, weights)
    return model


def set_weights(model, weights):
    """Give a model weights; refuse one that they are not of."""
    expected, got = [tuple(w.shape) for w in weights], [tuple(w.shape) for w in model.weights]
    if expected != got:
        raise ValueError(
            f"Expected model to build the network that was fitted, with weights of shapes "
            f"{expected}, got {got}. The function has changed, or something that it depends on: "
            "change it back, or fit again."
        )
    model.set_weights(weights)
