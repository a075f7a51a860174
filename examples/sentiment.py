"""
Good or bad? The sentiment of film reviews
==========================================

25 000 reviews of the Internet Movie Database, 230 words long on average, and 8530 single sentences
of professional reviews: is the film praised or not? Raw texts go into a ``Pipeline`` of
``SequenceTokenizer`` and ``RNNClassifier``, and probabilities come out.

Beside it stands a plain answer that is hard to beat here: a logistic regression on tf-idf weights
of words, or of words and pairs of words. It knows nothing of their order, and hardly needs to. The
classifier fits a logistic regression of this kind beside its network too, and averages both in the
proportion that held-out reviews show to be best.

One review in five is kept for the end. Settings were chosen on a fifth of the training reviews.
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/sentiment.png'

import time

import matplotlib.pyplot as plt
import numpy as np
from _data import load_reviews, read_options, save_picture
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.calibration import CalibrationDisplay
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.utils.extmath import randomized_svd

from skrnn import RNNClassifier, SequenceTokenizer

out, quick = read_options(
    "Tell good reviews of films from bad ones.",
    quick="a tenth of the reviews, 200 words of each, few epochs",
)

# %%
# The data
# --------


def load(source):
    """Return texts_train, texts_test, y_train, y_test; the split is always the same."""
    texts, labels = load_reviews(source)
    parts = train_test_split(texts, labels, test_size=0.2, random_state=0, stratify=labels)
    return [part[:: 10 if quick else 1] for part in parts]


sources = {"imdb": "whole reviews", "rotten_tomatoes": "single sentences"}
reviews = {source: load(source) for source in sources}

# %%
# Vectors of words
# ----------------
# 7000 sentences are too few to learn from what "dull" and "tedious" have in common. That can be
# read off all training texts without their labels: words that occur among the same neighbours mean
# similar things. Counted is how often two words are at most five words apart; the positive
# logarithm of how much oftener that is than by chance (PPMI) is a long row of numbers for each
# word, and a singular value decomposition shortens it to 64 (Levy, Goldberg and Dagan, "Improving
# distributional similarity with lessons learned from word embeddings", TACL 2015).


def word_vectors(texts, n_words=15000, reach=5, dim=64):
    """Return a dict from each of the most frequent words to its vector, shape (dim,)."""
    tokenizer = SequenceTokenizer(max_tokens=n_words, max_len=400).fit(texts)
    rows = np.pad(tokenizer.transform(texts), ((0, 0), (0, reach)))
    # In one long line of ids; as many zeros as `reach` keep the texts apart.
    line = rows.ravel()
    pairs = []
    for shift in range(1, reach + 1):
        both = (line[:-shift] > 1) & (line[shift:] > 1)
        pairs.append(line[:-shift][both].astype(np.int64) * n_words + line[shift:][both])
    codes, counts = np.unique(np.concatenate(pairs), return_counts=True)
    together = csr_array((counts, (codes // n_words, codes % n_words)), shape=(n_words, n_words))
    together = (together + together.T).tocoo()
    totals = together.sum(axis=0)
    # Raised to 0.75, counts of rare neighbours weigh less.
    expected = totals[together.row] * totals[together.col] ** 0.75 / (totals**0.75).sum()
    ppmi = np.log(together.data / expected).clip(0)
    ppmi = csr_array((ppmi.astype(np.float32), together.coords), shape=together.shape)
    u, s, _ = randomized_svd(ppmi, dim, n_iter=2, random_state=0)
    vectors = u * np.sqrt(s)
    vectors *= 0.3 / vectors.std()  # numbers of the size that trained vectors have
    return {word: vectors[i] for word, i in tokenizer.vocabulary_.items()}


start = time.perf_counter()
all_training_texts = np.concatenate([parts[0] for parts in reviews.values()])
vectors = word_vectors(all_training_texts)
print(f"vectors of {len(vectors)} words in {time.perf_counter() - start:.0f} s")

# %%
# The network
# -----------
# It starts from these vectors. Whole reviews are enough to tune them. For single sentences
# they stay as they are (``trainable_embeddings=False``), and the tokenizer knows the words of all
# training texts, frozen so that `fit` does not teach it anew: a word that occurs in no training
# sentence can still be read. ``pooling="max"`` reads out how strongly each unit ever fired: it does
# not matter where in a review a thing is said. A few passes over the texts are enough, then the
# network begins to know its training reviews by heart; early stopping sees to that.
#
# Reviews are read at full length, but for the beginnings of the few that have more than 1000 words.
# The network by itself would be nearly as good with the last 200 words; counted words are not.

classifier = RNNClassifier(
    embeddings=vectors,
    pooling="max",
    dropout=0.3,
    learning_rate=2e-3,
    random_state=0,
    epochs=3 if quick else 10,
)
networks = {
    "imdb": make_pipeline(
        SequenceTokenizer(max_tokens=30000, max_len=200 if quick else 1000),
        clone(classifier).set_params(
            batch_size=32 if quick else 128, n_iter_no_change=3 if quick else 1
        ),
    ),
    "rotten_tomatoes": make_pipeline(
        FrozenEstimator(SequenceTokenizer(max_tokens=15000, max_len=60).fit(all_training_texts)),
        clone(classifier).set_params(
            bidirectional=True, trainable_embeddings=False, batch_size=64, n_iter_no_change=2
        ),
    ),
}

# %%
# The plain answers
# -----------------
# Weights of words, and weights of words and pairs of words ("not bad").

plain_answers = {
    "tf-idf": make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)),
    "tf-idf, pairs": make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LogisticRegression(C=10)
    ),
}

# %%
# The test reviews
# ----------------

models, probabilities = {}, {}
print(f"{'test reviews':34}accuracy   log loss   seconds to fit")
for source, what in sources.items():
    texts_train, texts_test, y_train, y_test = reviews[source]
    print(f"{len(y_test)} {what}, learnt from {len(y_train)}")
    for name, model in {**plain_answers, "network": networks[source]}.items():
        model = clone(model)
        start = time.perf_counter()
        model.fit(texts_train, y_train)
        seconds = time.perf_counter() - start
        p = model.predict_proba(texts_test)[:, 1]
        models[source, name], probabilities[source, name] = model, p
        print(
            f"  {what + ': ' + name:32}{accuracy_score(y_test, p > 0.5):7.3f}"
            f"{log_loss(y_test, p):11.3f}{seconds:17.0f}"
        )
    share = models[source, "network"][-1].token_line_["share"]
    print(f"  counted words have a share of {share:.1f} in the network's answers")

# %%
# A picture
# ---------
# On the left, whether probabilities mean what they say: of the reviews that are said to be good
# with a probability of 0.8, eight in ten should be. On the right, what the network thinks of words:
# each of its thousand most frequent ones, given to it as a review of its own.
#
# .. image:: /_static/gallery/sentiment.png
#     :alt: The picture that the example draws.

figure, panels = plt.subplots(1, 3, figsize=(15, 5), layout="constrained")
colors = {"tf-idf": "#9aa5b1", "tf-idf, pairs": "#7b6ca8", "network": "#c8443c"}
for axes, (source, what) in zip(panels, sources.items(), strict=False):
    y_test = reviews[source][3]
    for name, color in colors.items():
        p = probabilities[source, name]
        CalibrationDisplay.from_predictions(
            y_test,
            p,
            n_bins=10,
            strategy="quantile",
            name=f"{name}: {accuracy_score(y_test, p > 0.5):.1%} right",
            color=color,
            ax=axes,
        )
    axes.set(xlabel="probability that the review is good", ylabel="share of good reviews")
    axes.set_title(what, loc="left")
    axes.legend(frameon=False, loc="upper left")

network = models["imdb", "network"]
words = np.array(list(network[0].vocabulary_)[:1000])
opinions = network.predict_proba(words)[:, 1]
order = np.argsort(opinions)
extremes = np.concatenate([order[:12], order[-12:]])
panels[2].barh(
    words[extremes],
    opinions[extremes] - 0.5,
    left=0.5,
    color=["#e0a458" if opinions[i] < 0.5 else "#3b8ea5" for i in extremes],
)
panels[2].set(xlim=(0, 1), xlabel="probability that a review of this word alone is good")
panels[2].set_title("whole reviews: single words", loc="left")
panels[2].spines[["top", "right"]].set_visible(False)

save_picture(figure, out, "sentiment", dpi=120)
