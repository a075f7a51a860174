"""
Course 7: translation
=====================

Dates are written in words and figures, and each language has an order of its own. English has
*Saturday, March 5, 2011* or *Saturday, 5 March 2011*. Hungarian begins with the year:
*2011. március 5., szombat*. An ``RNNSeq2Seq`` reads the English date letter by letter and writes
the Hungarian one. Its attention has to walk through the input in another order.

The test has two parts: other days of years that occur in the training, and days of years that never
occur in it. Two plain answers stand beside the network. The first one is the translation of the
most alike known date. The second one is a word list: each English word becomes the Hungarian word
that it most often stands beside, in the usual order of these words.

**The answer that the numbers gave.** The network with attention translates all of the 1000 test
dates without a fault, also in the years that it has never seen. It copies their figures one by one,
and the picture shows where from. The word list is right on 99.4 % of the dates of known years and
on none of the new years: it leaves an unknown word as it is, without the full stop that belongs
there. The most alike known date is always another date. The network without attention has to carry
the whole date in its last state, and after the same 12 epochs it is right on 1 date of 1000.
"""

import datetime
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
from _data import read_options, save_picture
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from skrnn import AttentionDisplay, RNNSeq2Seq

out, quick = read_options(
    "Translate dates.", quick="half of the dates, one small network, few epochs"
)

try:
    from babel.dates import format_date
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "The dates come from the package babel, which is not installed; "
        "run: python -m pip install babel"
    ) from error

# %%
# The data
# --------
# Days of the years 1600 to 2399, drawn at random, in the words of the package ``babel``. A fifth of
# the years is kept for the test.

rng = np.random.default_rng(0)
new_years = set(rng.choice(np.arange(1600, 2400), 160, replace=False))
first, last = (datetime.date(year, 1, 1).toordinal() for year in (1600, 2400))
days = rng.choice(np.arange(first, last), 6000, replace=False)
days = [datetime.date.fromordinal(number) for number in days.tolist()]
of_known_years = [day for day in days if day.year not in new_years]
train = of_known_years[500 : 2000 if quick else 3500]
tests = {
    "known years": of_known_years[:500],
    "new years": [day for day in days if day.year in new_years][:500],
}


def english(day):
    """Return a date as in America or in Britain, half of them each."""
    return format_date(day, "full", locale=("en_US", "en_GB")[day.toordinal() % 2])


def hungarian(day):
    """Return a date as in Hungary."""
    return format_date(day, "full", locale="hu")


X_train, y_train = [english(day) for day in train], [hungarian(day) for day in train]

# %%
# Two plain answers
# -----------------

n_grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4))
known = NearestNeighbors(n_neighbors=1, metric="cosine").fit(n_grams.fit_transform(X_train))


def most_alike(texts):
    """Return the translation of the most alike date of the training."""
    nearest = known.kneighbors(n_grams.transform(texts), return_distance=False)[:, 0]
    return [y_train[number] for number in nearest]


def words(text):
    """Return the words of an English date, without commas."""
    return text.replace(",", "").split()


pairs, of_word, of_translation, place = Counter(), Counter(), Counter(), Counter()
for source, target in zip(X_train, y_train, strict=True):
    of_word.update(words(source))
    of_translation.update(target.split())
    place.update({word: number for number, word in enumerate(target.split())})
    pairs.update((a, b) for a in words(source) for b in target.split())
word_list = {}
for (a, b), n_pairs in pairs.items():
    likeness = 2 * n_pairs / (of_word[a] + of_translation[b])  # Dice's coefficient
    word_list[a] = max(word_list.get(a, (0, "")), (likeness, b))


def word_for_word(texts):
    """Return the words of the list, in their usual order; an unknown word stays as it is."""
    found = [[word_list.get(word, (0, word))[1] for word in words(text)] for text in texts]
    return [
        " ".join(sorted(each, key=lambda b: place[b] / of_translation[b] if b in place else 0))
        for each in found
    ]


# %%
# The networks
# ------------
# One with attention, one without: the second has to put the whole date into its last state.

kinds = {"attention": "additive"} if quick else {"no attention": None, "attention": "additive"}
networks = {
    name: RNNSeq2Seq(
        level="char",
        lowercase=False,
        units=32 if quick else 64,
        embedding_dim=32,
        attention=attention,
        learning_rate=1e-2 if quick else 4e-3,
        epochs=8 if quick else 12,
        random_state=0,
    ).fit(X_train, y_train)
    for name, attention in kinds.items()
}
answers = {
    "most alike known date": most_alike,
    "word list": word_for_word,
    **{f"network, {name}": network.predict for name, network in networks.items()},
}
right = {
    name: [
        np.mean(
            [
                said == hungarian(day)
                for said, day in zip(answer(list(map(english, some))), some, strict=True)
            ]
        )
        for some in tests.values()
    ]
    for name, answer in answers.items()
}
print(f"{len(train)} dates to learn from; dates translated without a fault")
print(" " * 26 + "".join(f"{name:>14}" for name in tests))
for name, shares in right.items():
    print(f"  {name:24}" + "".join(f"{share:14.1%}" for share in shares))

# %%
# A picture
# ---------
# A row is a letter of the output, and shows which letters of the input were looked at. The
# attention begins at the end of the English date, where the year is. Then it reads the month and
# the day, and it goes back to the beginning for the day of the week.

shown = [next(day for day in tests["new years"] if day.toordinal() % 2 == n) for n in (0, 1)]
figure, panels = plt.subplots(1, 3, figsize=(15, 5.6), layout="constrained", width_ratios=[3, 3, 2])
for axes, day in zip(panels, shown, strict=False):
    AttentionDisplay.from_estimator(networks["attention"], english(day), ax=axes)
    axes.set_title(
        f"{english(day)}\nword list: {word_for_word([english(day)])[0]}",
        loc="left",
        fontsize="medium",
    )
panels[2].barh(
    [f"{name}\n{of}" for name in list(right)[::-1] for of in ("new years", "known years")],
    [share for shares in list(right.values())[::-1] for share in shares[::-1]],
    color=["#c8443c", "#3b8ea5"] * len(right),
)
panels[2].set(xlim=(0, 1), xlabel="share without a fault")
panels[2].spines[["top", "right"]].set_visible(False)
save_picture(figure, out, "course_7_translation", dpi=110)
