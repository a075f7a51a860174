"""The steps of a sentence to which a classifier attends, as a picture."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from skrnn import AttentionDisplay, RNNClassifier, SequenceTokenizer

# One word of seven decides, and stands anywhere.
rng = np.random.default_rng(0)
fillers = "the film was with actors and music in some long scenes of a town".split()
opinions = {"good": "praise", "funny": "praise", "bad": "blame", "dull": "blame"}
texts, labels = [], []
for opinion in rng.choice(list(opinions), 320):
    words = rng.choice(fillers, 7)
    words[rng.integers(7)] = opinion
    texts.append(" ".join(words))
    labels.append(opinions[opinion])

network = RNNClassifier(
    "simple",
    8,
    embedding_dim=8,
    pooling="attention",
    baseline=None,
    learning_rate=0.03,
    epochs=20,
    random_state=0,
)
reader = make_pipeline(SequenceTokenizer(), network).fit(texts, labels)

_, axes = plt.subplots(figsize=(7, 1.8), layout="constrained")
AttentionDisplay.from_estimator(reader, "the film was dull in some scenes", ax=axes)
