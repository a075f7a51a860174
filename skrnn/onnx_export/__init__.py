"""Fitted networks as ONNX models, made of their weights alone: no TensorFlow is asked.

==================  ==============================================================================
module              job
==================  ==============================================================================
``_operators``      a graph that is written as calls
``_steps_graph``    the present steps of sequences, moved together and back
``_layers_graph``   convolutions, recurrent layers, pooling, quantiles
``_exported``       the networks of an estimator, between the user's units
==================  ==============================================================================
"""

from ._exported import exported

__all__ = ["exported"]
