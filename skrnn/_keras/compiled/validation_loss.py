"""The loss of the samples that early stopping looks at."""

import numpy as np
import tensorflow as tf

from ..functional.architectures import architecture_of, loaded
from ..functional.losses import compared, element_loss
from .predictor import Predictor


def validation_loss(network, loss, weights, validation, device):
    """Return the mean loss of validation data, for weights as arrays."""
    architecture = architecture_of(network)
    if architecture.validation_loss is not None:
        return loaded(architecture.validation_loss)(network, loss, weights, validation, device)
    predictor, sequences = Predictor(network, weights, device), validation.sequences
    if not architecture.validates_by_outputs(network):
        summed = predictor.losses(sequences, validation.targets, loss)
        total, n_terms = summed.astype(np.float64).T
        return (total @ validation.sample_weight) / n_terms.sum()
    if architecture.has_step_outputs(network) and sequences.is_ragged:
        return _loss_of_ragged_steps(loss, predictor.outputs(sequences), validation)
    outputs, targets = predictor.outputs(sequences), validation.targets
    weights = validation.sample_weight
    if architecture.has_step_outputs(network):
        rows = targets.row_numbers()
        outputs = outputs.reshape(*rows.shape, -1)
        targets, weights = targets.values[rows], weights[:, None]
        if validation.step_weight is not None:
            weights = validation.step_weight[rows]
    elements, counted = compared(loss, tf.constant(targets), tf.constant(outputs))
    elements = elements.numpy().T * weights.T
    if architecture.has_step_outputs(network):
        counted = sequences.present()
    if counted is not None:
        elements = elements[np.asarray(counted).T]
    return elements.mean(dtype=np.float64)


def _loss_of_ragged_steps(loss, outputs, validation):
    """Return the mean loss of the present steps, from the outputs of all steps in a row."""
    sequences, rows = validation.sequences, validation.targets.step_rows()
    if validation.step_weight is not None:
        weights = validation.step_weight[rows]
    else:
        weights = np.repeat(validation.sample_weight, sequences.lengths)
    # A loss is given steps on the second axis, as in training.
    targets = tf.constant(validation.targets.values[rows][None])
    elements = element_loss(loss)(targets, tf.constant(outputs[None])).numpy()[0] * weights
    # Summed up step by step, as sequences of one length are.
    firsts = np.cumsum(sequences.lengths) - sequences.lengths
    steps = np.arange(len(rows)) - np.repeat(firsts, sequences.lengths)
    by_step = np.argsort(steps, kind="stable")
    return elements[by_step][sequences.present_steps()[by_step]].mean(dtype=np.float64)
