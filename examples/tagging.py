"""
What each word of an address is: labels at every step
=====================================================

"1600 Pennsylvania Ave NW, Washington": a number, a street's name, its type, a direction, a place.
An ``RNNClassifier(return_sequences=True)`` names every word of an address that people wrote as
they liked. Addresses have different lengths, and so have the labels: ``y`` is a list of lists, and
so is what comes back.

Two plain answers stand beside it: the most frequent tag of each word, which knows nothing of
the order, and a logistic regression on each word with the two words before it and after it.

The 1488 addresses were tagged by hand for the package ``usaddress``. Its wheel leaves them out, so
they are read from its source distribution, which this command fetches::

    python -m pip download --no-deps --no-binary usaddress --dest examples/data usaddress
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/tagging.png'

import re
from collections import Counter, defaultdict

import matplotlib.pyplot as plt
import numpy as np
from _data import load_addresses, read_options, save_picture
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn import RNNClassifier, SequenceTokenizer

out, quick = read_options(
    "Tag the words of American addresses.", quick="few epochs of a single network"
)

# %%
# The data
# --------
# One address in five is kept for the end. A house number is hardly ever seen twice, so all digits
# are made alike: 60614 and 90210 are both 00000, a word of five digits.


def plain(word):
    """Return the word in lower case, its digits made alike, without punctuation at its ends."""
    word = re.sub(r"\d", "0", word.lower())
    return word.strip(".,;:()") or word


words, tags = load_addresses()
words = [[plain(word) for word in address] for address in words]
words_train, words_test, tags_train, tags_test = train_test_split(
    words, tags, test_size=0.2, random_state=0
)
lengths = [len(address) for address in words]
print(
    f"{len(words)} addresses of {min(lengths)} to {max(lengths)} words, "
    f"{len({tag for address in tags for tag in address})} different tags"
)

# %%
# The network
# -----------
# Words that occur in one training address only are unknown (``min_df=2``): the network learns what
# an unknown word is likely to be, since every second test address has one. It reads in both
# directions, because what follows a word tells as much as what comes before it. The settings are
# those that did best on a quarter of the training addresses.


def without_padding(rows):
    """Return the ids of each row alone, so that there is a step for each label."""
    return [row[row > 0] for row in rows]


def build_network(seed):
    """Return the pipeline from lists of words to lists of tags."""
    return make_pipeline(
        SequenceTokenizer(min_df=2),
        FunctionTransformer(without_padding),
        RNNClassifier(
            units=64,
            bidirectional=True,
            embedding_dim=64,
            dropout=0.5,
            learning_rate=3e-3,
            return_sequences=True,
            epochs=8 if quick else 60,
            n_iter_no_change=10,
            random_state=seed,
        ),
    )


networks = [build_network(seed).fit(words_train, tags_train) for seed in range(1 if quick else 3)]

# %%
# Plain answers
# -------------


def most_frequent_tags(words, tags):
    """Return a function from a word to the tag that it had most often."""
    counts = defaultdict(Counter)
    for address, its_tags in zip(words, tags, strict=True):
        for word, tag in zip(address, its_tags, strict=True):
            counts[word][tag] += 1
    overall = sum(counts.values(), Counter()).most_common(1)[0][0]
    best = {word: count.most_common(1)[0][0] for word, count in counts.items()}
    return lambda word: best.get(word, overall)


def neighbourhoods(address):
    """Return, for each word, the words around it by their distance."""
    padded = ["<", "<", *address, ">", ">"]
    return [
        {str(shift): padded[i + 2 + shift] for shift in range(-2, 3)} for i in range(len(address))
    ]


frequent_tag = most_frequent_tags(words_train, tags_train)
logistic = make_pipeline(DictVectorizer(), LogisticRegression(C=10, max_iter=1000)).fit(
    [around for address in words_train for around in neighbourhoods(address)],
    np.concatenate(tags_train),
)

# %%
# The test addresses
# ------------------
# Counted are words, and addresses in which every word is right.

predicted = {
    "most frequent": [[[frequent_tag(word) for word in address] for address in words_test]],
    "logistic": [[logistic.predict(neighbourhoods(address)) for address in words_test]],
    "network": [network.predict(words_test) for network in networks],
}
truth = np.concatenate(tags_test)
scores = {}
print(f"\n{len(words_test)} test addresses   words right   whole addresses right")
for name, each in predicted.items():
    each = [[list(tags) for tags in run] for run in each]
    by_word = [accuracy_score(truth, np.concatenate(run)) for run in each]
    whole = [np.mean([p == t for p, t in zip(run, tags_test, strict=True)]) for run in each]
    scores[name] = np.mean(by_word)
    seeds = f"   (seeds: {', '.join(f'{a:.3f}' for a in by_word)})" if len(each) > 1 else ""
    print(f"  {name:18}{np.mean(by_word):13.3f}{np.mean(whole):18.3f}{seeds}")
    predicted[name] = np.concatenate(each[0])

# %%
# A picture
# ---------
# The share of the words of each kind that got the right tag; the twelve most frequent kinds.
# Whether a number is that of the house or of the flat, and whether "West" belongs to the street
# before it or after it, no word tells by itself.
#
# .. image:: /_static/gallery/tagging.png
#     :alt: The picture that the example draws.

common = Counter(truth).most_common(12)[::-1]
looks = {
    "most frequent": ("v", "#9aa5b1"),
    "logistic": ("s", "#7b6ca8"),
    "network": ("o", "#c8443c"),
}
figure, axes = plt.subplots(figsize=(8.5, 6), layout="constrained")
for name, (marker, color) in looks.items():
    right = [np.mean(predicted[name][truth == tag] == tag) for tag, _ in common]
    label = f"{name}: {scores[name]:.1%} of all words right"
    axes.plot(right, range(len(common)), marker, color=color, ms=8, label=label)
axes.set_yticks(
    range(len(common)),
    [f"{re.sub('(?<=[a-z])(?=[A-Z])', ' ', tag).lower()} ({count})" for tag, count in common],
)
axes.set(xlabel="share of the words of this kind with the right tag", xlim=(-0.02, 1.02))
axes.set_title("The words of American addresses", loc="left")
figure.legend(frameon=False, loc="outside lower center", ncols=3, fontsize="small")
axes.grid(alpha=0.25)
axes.spines[["top", "right"]].set_visible(False)
save_picture(figure, out, "tagging", dpi=120)

# %%
# One of them
# -----------

hardest = max(range(len(words_test)), key=lambda i: len(set(tags_test[i])))
for word, tag in zip(
    words_test[hardest], networks[0].predict([words_test[hardest]])[0], strict=False
):
    print(f"  {word:14} {tag}")
