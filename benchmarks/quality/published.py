"""Published accuracies on the archives' own split, where our task is the set as it is.

FCN (convolutions) and TWIESN (a recurrent network with random weights) are means of ten runs:
Ismail Fawaz et al., "Deep learning for time series classification: a review", Data Mining and
Knowledge Discovery 2019 (of the Japanese vowels an older edition). LSTM-FCN is of one run:
Karim et al., "LSTM fully convolutional networks for time series classification", IEEE Access 2018.
InceptionTime (five deep networks) and HC2 (an ensemble of four kinds of classifiers) are
of the archives' split in the results that the package aeon 1.6 carries for its tests, from
Middlehurst et al., "Bake off redux", Data Mining and Knowledge Discovery 2024.
"""

PUBLISHED: dict[str, dict[str, float]] = {
    "GunPoint": {"TWIESN": 0.961, "FCN": 1.0, "LSTM-FCN": 1.0, "InceptionTime": 1.0, "HC2": 1.0},
    "ArrowHead": {
        "TWIESN": 0.659,
        "FCN": 0.843,
        "LSTM-FCN": 0.897,
        "InceptionTime": 0.863,
        "HC2": 0.869,
    },
    "ItalyPowerDemand": {
        "TWIESN": 0.880,
        "FCN": 0.961,
        "LSTM-FCN": 0.962,
        "InceptionTime": 0.966,
        "HC2": 0.970,
    },
    "JapaneseVowels": {"TWIESN": 0.965, "FCN": 0.993},
    "Trace": {"InceptionTime": 1.0, "HC2": 1.0},
    "Coffee": {"InceptionTime": 1.0, "HC2": 1.0},
}
