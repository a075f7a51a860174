"""Save an estimator into one file, and load it: read all, judge all, then build."""

from __future__ import annotations

import json
import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .._version import __version__
from ._archive import MANIFEST, MAX_TEXT, STATE, Reader, Writer, array_name, reader_of
from ._array_bytes import array_of, bytes_of
from ._atomic_file import replaced_whole
from ._described import Described, Taker, built, parts_of
from ._file_refusals import refuse_file, short
from ._judging import judge
from ._registry import CHECKS, PARTS
from ._sklearn_steps import Step
from ._stored_labels import KINDS
from ._values import Decoder, Encoder

# A change after which older releases would misread a file makes this one more. `load` then brings
# the state of a file of each earlier number, one after the other, to the form of the next.
FORMAT = 1
_NOTHING_WAS_BUILT = (
    "No estimator was built from this file. If it may be damaged, get it again from where it was "
    "saved."
)
_PACKAGES = ("numpy", "pandas", "scikit-learn", "skops", "tensorflow")


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
        Where to. The folder has to exist. Any suffix will do; the guide uses ".skrnn".
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
        the process (trees). All such places are named, and no file is written.
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
    data = _archived(described)
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


def _archived(described: Any) -> bytes:
    """Return the bytes of the file."""
    encoder, writer = Encoder(), Writer()
    writer.write(STATE, _json_bytes(encoder.encoded(described)))
    for number, array in enumerate(encoder.arrays):
        writer.write(array_name(number), bytes_of(array))
    writer.write(MANIFEST, _json_bytes(_manifest(described, writer.members), indent=1))
    return writer.bytes()


def _read(reader: Reader) -> Any:
    """Return the description of what a file holds."""
    manifest = _judged_manifest(_json_of(reader.manifest(), MANIFEST))
    members = manifest["members"]
    reader.judge(members)
    data = {name: reader.read(name, kept) for name, kept in members.items()}
    state = _json_of(data.pop(STATE), STATE)
    names = [array_name(number) for number in range(len(data))]
    if set(names) != set(data):
        refuse_file("arrays numbered from 0 on", short(sorted(data)))
    described = Decoder([array_of(data[name], name) for name in names]).whole(state)
    if not isinstance(described, Described | Step):
        refuse_file("an estimator", short(described))
    if _class_names(described) != manifest["classes"]:
        other = sorted(set(_class_names(described)) ^ set(manifest["classes"]))
        refuse_file("the classes that the manifest names", f"others: {short(other)}")
    return described


def _judged_manifest(found: Any) -> dict[str, Any]:
    """Return a manifest in the form of this format; a newer one is named as such."""
    if not isinstance(found, dict) or type(found.get("format")) is not int or found["format"] < 1:
        refuse_file(f"a {MANIFEST} with the number of its format", short(found))
    if found["format"] > FORMAT:
        saved_by = found.get("versions", {})
        saved_by = saved_by.get("skrnn") if isinstance(saved_by, dict) else None
        refuse_file(
            f"a file of format {FORMAT}",
            f"one of format {found['format']}, saved by skrnn {short(saved_by)}",
            f"This is skrnn {__version__}: update it, and load the file again.",
        )
    members, names = found.get("members"), found.get("classes")
    if not isinstance(members, dict) or STATE not in members or not isinstance(names, list):
        refuse_file(f"members and classes in {MANIFEST}", short(found))
    for name, kept in members.items():
        is_whole = isinstance(kept, dict) and set(kept) == {"size", "sha256"}
        if not is_whole or type(kept["size"]) is not int or type(kept["sha256"]) is not str:
            refuse_file(f"the size and the sha256 of {short(name)}", short(kept))
    unknown = [name for name in names if not _is_known(name)]
    if unknown:
        refuse_file("classes of skrnn and scikit-learn that a file may hold", short(unknown))
    return found


def _is_known(name: Any) -> bool:
    """Tell whether a class may be named; steps of scikit-learn are judged by their content."""
    return type(name) is str and (
        name in CHECKS or name in PARTS or name in KINDS or name.startswith("sklearn.")
    )


def _manifest(described: Any, members: dict[str, Any]) -> dict[str, Any]:
    versions = {"skrnn": __version__}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    names = _class_names(described)
    return {"format": FORMAT, "versions": versions, "classes": names, "members": members}


def _class_names(described: Any) -> list[str]:
    return sorted({part.name for part in parts_of(described)})


def _built(described: Any) -> Any:
    try:
        return built(described)
    except Exception as error:  # a version of scikit-learn that has not what the file names
        refuse_file(
            "parts of which this environment can build the estimator",
            short(error),
            "Compare its versions with those in the manifest.json of the file.",
        )


def _json_bytes(value: Any, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, allow_nan=False, separators=separators, indent=indent).encode()
    if len(text) > MAX_TEXT:
        raise ValueError(
            f"Expected at most {MAX_TEXT} bytes of texts and numbers outside of arrays, got "
            f"{len(text)}. Keep long lists in NumPy arrays, and vocabularies short (max_tokens)."
        )
    return text


def _json_of(data: bytes, name: str) -> Any:
    """Return what JSON says; a key that occurs twice, and NaN, are no JSON of ours."""
    try:
        return json.loads(data, object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        refuse_file(f"JSON in {name}", f"something else ({short(error)})")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key occurs twice")
    return made


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
