"""Networks as Keras layers and models, and the portable engine; imported when they are used."""


def _refuse_other_backends():
    """Refuse Keras on anything but TensorFlow, for which the layers here are written."""
    try:
        import keras

        backend = f"the backend {keras.config.backend()!r}"
    except ImportError as error:
        backend = f"a Keras that cannot be imported ({error})"
    if backend != "the backend 'tensorflow'":
        raise ImportError(
            f"Expected Keras to run on TensorFlow for engine='keras', model= and to_keras, got "
            f"{backend}. Set the environment variable KERAS_BACKEND to 'tensorflow', or unset it, "
            "before Keras is first imported; engine='compiled' does without Keras."
        )


_refuse_other_backends()
