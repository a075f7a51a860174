"""Networks as Keras layers and models, and the portable engine; imported when they are used."""
