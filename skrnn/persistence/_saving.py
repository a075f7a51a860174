"""Save an estimator into one file, and load it: read all, judge all, then build."""

from __future__ import annotations

import os
from typing import Any

from ._archive import MANIFEST, Reader, reader_of
from ._atomic_file import replaced_whole
from ._checkpoint_file import CHECKPOINT
from ._described import Described, Taker, built, parts_of
from ._file_refusals import refuse_file, short
from ._judging import judge
from ._registry import CHECKS, PARTS
from ._sklearn_steps import Step
from ._stored_labels import KINDS
from ._value_archive import archived, read_archive

_NOTHING_WAS_BUILT = (
    "No estimator was built from this file. If it may be damaged, get it again from where it was "
    "saved."
)


def save(estimator: Any, path: str | os.PathLike[str], *, training: bool = True) -> None:
    """Save a fitted estimator, or a pipeline, into one file that holds data alone.

    The file is written beside an older one of its name and takes that one's place when it is
    complete, so that a crash or a full disk leaves the older one as it was.

    Parameters
    ----------
    estimator : estimator
        One of this package, or scikit-learn's `Pipeline`, `FeatureUnion`, `ColumnTransformer`,
        `TransformedTargetRegressor`, `FrozenEstimator`, or a voting, stacking or multi-output
        estimator of them and of scikit-learn's own steps. To keep a search, save its
        `best_estimator_`. scikit-learn's own steps are taken apart by skops
        (``pip install skrnn[save]``).
    path : str or path
        The path of the file. The folder has to exist. Any suffix will do; the guide uses ".skrnn".
    training : bool, default=True
        Save the state of the optimizers too, with which a training goes on. Without it the file has
        a third of the size, predicts the same, and `partial_fit` and ``warm_start`` begin with a
        new optimizer.

    Returns
    -------
    None

    Raises
    ------
    ValueError
        If the estimator holds what is no data: a function as `model`, `loss` or `analyzer`,
        callbacks, a step of another library, or a step whose content a file could forge to crash
        the process (trees). All these places are named, and no file is written.
    OSError
        If the file cannot be written.

    See Also
    --------
    load : Loads the file.
    trusted_types : For skops and MLflow.

    Examples
    --------
    >>> import os, tempfile
    >>> import skrnn
    >>> tokenizer = skrnn.SequenceTokenizer().fit(["a good film", "a bad film"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "tokenizer.skrnn")
    ...     skrnn.save(tokenizer, path)
    ...     loaded = skrnn.load(path)
    >>> loaded.transform(["a film"])
    array([[2, 3, 0]], dtype=int32)
    """
    taker = Taker(training=training)
    described = taker.described(estimator, type(estimator).__name__)
    if taker.refused:
        raise ValueError(
            "Expected an estimator that is made of numbers, texts, containers and arrays, got "
            f"{'; '.join(taker.refused)}. Leave these out, or keep the estimator with pickle or "
            "joblib, which store references to code and execute them on loading."
        )
    if not isinstance(described, Described | Step):
        raise ValueError(
            f"Expected an estimator of skrnn or scikit-learn, got {type(estimator).__name__}. "
            "Save what fit returns."
        )
    try:
        judge(described)
    except ValueError as error:  # what was changed by hand
        raise ValueError(f"{error} Save an estimator as fit leaves it.") from error
    data = archived(described, classes=_class_names(described))
    with replaced_whole(path) as file:
        file.write(data)


def load(path: str | os.PathLike[str]) -> Any:
    """Load what `save` has saved; nothing in the file is executed.

    All of the file is read and judged before anything is built: the classes it names, the members
    of the archive, the shapes of its arrays. Its size is also the size of what is read.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    estimator : estimator
        As it was saved. In the environment in which it was saved its predictions are the same to
        the bit.

    Raises
    ------
    ValueError
        If the file is none that `save` has written, was written by a newer version, is damaged, or
        holds what no file may hold. The message says what was found.
    OSError
        If the file cannot be read.

    Warns
    -----
    sklearn.exceptions.InconsistentVersionWarning
        If steps of scikit-learn were saved with another version of it.

    See Also
    --------
    save : Saves an estimator.

    Examples
    --------
    >>> import os, tempfile
    >>> import skrnn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "windows.skrnn")
    ...     skrnn.save(skrnn.LagWindows(7), path)
    ...     skrnn.load(path)
    LagWindows(window=7)
    """
    name = os.fspath(path)
    with open(name, "rb") as file:
        data = file.read()
    try:
        described = _read(reader_of(data))
        judge(described)
        return _built(described)
    except ValueError as error:
        raise ValueError(f"{name}: {error} {_NOTHING_WAS_BUILT}") from error


def _read(reader: Reader) -> Any:
    """Return the description of what a file holds."""
    manifest, described = read_archive(reader, _judge_classes)
    if not isinstance(described, Described | Step):
        refuse_file("an estimator", short(described))
    if _class_names(described) != manifest["classes"]:
        other = sorted(set(_class_names(described)) ^ set(manifest["classes"]))
        refuse_file("the classes that the manifest names", f"others: {short(other)}")
    return described


def _judge_classes(manifest: dict[str, Any]) -> None:
    """Refuse a manifest of something else, and classes that no file may hold."""
    if manifest.get("holds") == CHECKPOINT:
        refuse_file(
            "a fitted estimator",
            "the checkpoint of a fit that has not come to its end",
            "Start that fit again with this file as its checkpoint, and save what it returns.",
        )
    names = manifest.get("classes")
    if not isinstance(names, list):
        refuse_file(f"members and classes in {MANIFEST}", short(manifest))
    unknown = [name for name in names if not _is_known(name)]
    if unknown:
        refuse_file("classes of skrnn and scikit-learn that a file may hold", short(unknown))


def _is_known(name: Any) -> bool:
    """Tell whether a class may be named; steps of scikit-learn are judged by their content."""
    return type(name) is str and (
        name in CHECKS or name in PARTS or name in KINDS or name.startswith("sklearn.")
    )


def _class_names(described: Any) -> list[str]:
    return sorted({part.name for part in parts_of(described)})


def _built(described: Any) -> Any:
    try:
        return built(described)
    except Exception as error:  # a version of scikit-learn that has not what the file names
        refuse_file(
            "parts of which this environment can build the estimator",
            short(error),
            "Compare its versions with the versions in the file's manifest.json.",
        )
