"""Compiled programs kept on disk from one process to the next, for users who opt in.

``SKRNN_COMPILE_CACHE=<directory>`` switches it on. TensorFlow has such a cache of its own, but
with its files on a disk every fault of theirs (a damaged entry, a full disk) is an error of the
fit, and an entry is found again only by a process that has done the same things in the same
order, because the serial numbers of all functions are part of its key. Hence two measures:

- TensorFlow's cache lies in its file system in memory. Entries come into it from the disk, and go
  from it to the disk, by the hands of this module: with a checksum, and by an atomic rename, so
  that other processes never see half an entry. Whatever fails there costs a compilation only.
- The functions of a program are renamed: their names are numbers within the program and a hash of
  what they do.

TensorFlow itself compares the program that it is to run with the program in the entry, operation
by operation. Settings that it does not compare are part of the name of a folder, see
`_folder_name`.
"""

import contextlib
import hashlib
import os
import platform
import stat
import tempfile
import threading
from pathlib import Path

import joblib

from ..._warnings import warn

VARIABLE = "SKRNN_COMPILE_CACHE"
_FLAGS = "TF_XLA_FLAGS"
_DIRECTORY_FLAG = "--tf_xla_persistent_cache_directory="
_IN_MEMORY = "ram://skrnn-programs"
_MAGIC = b"skrnn program 1"

_cache = None


def enable():
    """Switch the cache on if the user asked for it; called before TensorFlow starts."""
    global _cache
    directory = os.environ.get(VARIABLE)
    flags = os.environ.get(_FLAGS)
    # A child process may have inherited ours.
    theirs = (flags or "").replace(_DIRECTORY_FLAG + _IN_MEMORY, "").strip()
    if not directory or _DIRECTORY_FLAG.strip("-=") in theirs:
        return
    fault = _fault_of_flags(theirs) or _fault_of_directory(directory)
    if fault:
        _warn(*fault)
        return
    os.environ[_FLAGS] = f"{theirs} {_DIRECTORY_FLAG}{_IN_MEMORY}".strip()
    _cache = _Cache(Path(directory).expanduser().resolve(), flags and theirs)


def kept(traced):
    """Return a function that does what a traced one does and is kept on disk, if that is on."""
    if _cache is None or not _cache.is_on():
        return traced
    flat = [tensor.dtype for tensor in traced.inputs]
    if traced.captured_inputs or len(flat) != len(traced.function_def.signature.input_arg):
        return traced  # it depends on more than its arguments
    return _Program(traced, _cache)


def _fault_of_flags(flags):
    """Tell what keeps our flag from being added to the user's, or None."""
    if flags and not flags.startswith("-"):
        return (
            f"{_FLAGS} to hold flags, so that one can be added",
            f"the name of a file, {flags!r}",
            f"Write {_DIRECTORY_FLAG}<directory> into that file instead, or unset {VARIABLE}",
        )
    return None


def _fault_of_directory(directory):
    """Make the directory; tell what is wrong with it, or None."""
    try:
        path = Path(directory).expanduser()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
    except (OSError, RuntimeError) as error:
        return (f"{VARIABLE} to be a directory", repr(error), "Give one that can be written to")
    if hasattr(os, "getuid") and (
        status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    ):
        return (
            f"{VARIABLE} to be a directory that nobody else can write to, because what lies in it "
            "is run",
            f"{directory!r} with owner {status.st_uid} and mode {stat.S_IMODE(status.st_mode):o}",
            f"Take a directory of your own, chmod 700 {directory}",
        )
    return None


def _warn(expected, got, advice):
    warn(f"Expected {expected}; got {got}. {advice}. Programs are compiled as without {VARIABLE}.")


class _Cache:
    """The directory on disk and TensorFlow's directory in memory."""

    def __init__(self, directory, flags):
        self.directory, self.flags = directory, flags  # the flags as the user has them, or None
        self.lock = threading.RLock()
        self.folder = directory  # that of this kind of process, once TensorFlow has started
        self.tried = self.works = self.warned = False

    def is_on(self):
        """Tell whether TensorFlow keeps programs where we told it to; tried once."""
        with self.lock:
            if not self.tried:
                self.tried = True
                self.works = self._try()
            return self.works

    def _try(self):
        import tensorflow as tf

        tf.function(lambda x: x + 1, jit_compile=True, autograph=False)(tf.constant(0.0))
        self._restore_flags()  # they have been read, and are no business of child processes
        if not self.in_memory():
            return self.switch_off(
                f"{VARIABLE} to be seen before TensorFlow computes anything",
                "a TensorFlow that had begun",
                "Fit or predict with skrnn before other work with TensorFlow, or put "
                f"{_DIRECTORY_FLAG}{_IN_MEMORY} into {_FLAGS} before Python starts",
            )
        self.empty_memory()
        self.folder = self.directory / _folder_name(self.flags)
        return True

    def _restore_flags(self):
        if self.flags is None:
            os.environ.pop(_FLAGS, None)
        else:
            os.environ[_FLAGS] = self.flags

    def switch_off(self, *message):
        """Warn, and do without from now on."""
        self.works = False
        self.warn(*message)
        return False

    def warn(self, *message):
        """Warn, once in the life of the process."""
        if not self.warned:
            self.warned = True
            _warn(*message)

    def in_memory(self):
        """Return the names of the entries in TensorFlow's directory."""
        import tensorflow as tf

        if not tf.io.gfile.exists(_IN_MEMORY):
            return set()
        return set(tf.io.gfile.listdir(_IN_MEMORY))

    def empty_memory(self):
        """Forget all entries there; what was loaded from them lives on."""
        import tensorflow as tf

        for name in self.in_memory():
            tf.io.gfile.remove(f"{_IN_MEMORY}/{name}")

    @contextlib.contextmanager
    def entry(self, digest):
        """Bring an entry from the disk to TensorFlow, and a new one from there to the disk."""
        self.empty_memory()
        if self.works:
            self._load(digest)
        loaded = self.in_memory()
        yield
        if self.works:
            self._save(digest, self.in_memory() - loaded)
        self.empty_memory()

    def discard(self, digest, error):
        """Forget an entry that TensorFlow does not take, in memory and on the disk."""
        self.empty_memory()
        self.warn("compiled programs that TensorFlow can load", type(error).__name__, _ADVICE)
        with contextlib.suppress(OSError):
            (self.folder / digest).unlink()

    def _load(self, digest):
        import tensorflow as tf

        path = self.folder / digest
        try:
            entry = _unpack(path.read_bytes())
        except FileNotFoundError:
            return
        except OSError as error:
            self.switch_off("compiled programs that can be read", repr(error), _ADVICE)
            return
        if entry is None:
            self.warn("compiled programs as they were written", f"a damaged {path}", _ADVICE)
            return
        name, content = entry
        with tf.io.gfile.GFile(f"{_IN_MEMORY}/{name}", "wb") as file:
            file.write(content)

    def _save(self, digest, names):
        import tensorflow as tf

        # No other device's: the folder's name tells the processor only.
        for name in (name for name in names if name.endswith("__XLA_CPU_JIT.pb")):
            with tf.io.gfile.GFile(f"{_IN_MEMORY}/{name}", "rb") as file:
                content = file.read()
            try:
                self.folder.mkdir(mode=0o700, exist_ok=True)
                _write(self.folder / digest, _pack(name, content))
            except OSError as error:
                self.switch_off(f"{VARIABLE} to be writable", repr(error), _ADVICE)


_ADVICE = f"The directory {VARIABLE} may be deleted at any time; see that it has room"


class _Program:
    """A traced function under names that are the same in every process, kept on disk."""

    def __init__(self, traced, cache):
        self.traced, self.cache = traced, cache
        self.outputs = traced.structured_outputs
        self.digest, self.renamed = _renamed(traced)
        self.run = None  # what is called, once that is known

    def __call__(self, *args):
        """Do what the traced function does."""
        if self.run is None:
            # One after the other, or whose entry is it that TensorFlow has written?
            with self.cache.lock:
                if self.run is None:
                    return self._first_call(args)
        return self.run(*args)

    def _call_renamed(self, *args):
        import tensorflow as tf

        return tf.nest.pack_sequence_as(self.outputs, self.renamed(*tf.nest.flatten(args)))

    def _first_call(self, args):
        import tensorflow as tf

        with self.cache.entry(self.digest):
            try:
                results = self._call_renamed(*args)
                self.run = self._call_renamed
            except tf.errors.OpError as error:
                # An entry that is whole, and that TensorFlow cannot use. TensorFlow remembers that
                # under the new name, so this process goes on with the old one.
                results = self.traced(*args)
                self.run = self.traced
                self.cache.discard(self.digest, error)
        self.traced = None  # its graph is large
        return results


def _pack(name, content):
    body = name.encode() + b"\n" + content
    return b"\n".join([_MAGIC, hashlib.sha256(body).hexdigest().encode(), body])


def _unpack(packed):
    """Return name and content of an entry, or None if it is not as it was written."""
    magic, _, rest = packed.partition(b"\n")
    checksum, _, body = rest.partition(b"\n")
    if magic != _MAGIC or checksum != hashlib.sha256(body).hexdigest().encode():
        return None
    name, _, content = body.partition(b"\n")
    return name.decode(), content


def _write(path, content):
    """Write a file that others see either whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            file.write(content)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise


def _folder_name(flags):
    """Return a hash of all that decides about machine code besides the program itself."""
    import tensorflow as tf

    known = [
        tf.version.VERSION,
        tf.version.GIT_VERSION,
        tf.version.COMPILER_VERSION,
        platform.system(),
        platform.machine(),
        _processor(),
        # XLA divides large operations among the threads that it finds when it compiles.
        joblib.cpu_count(),
        tf.config.threading.get_intra_op_parallelism_threads(),
        flags or "",
        *(os.environ.get(name) for name in _VARIABLES),
    ]
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


_VARIABLES = ("XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS", "TF_NUM_INTRAOP_THREADS")


def _processor():
    """Return model and features of the processor, or else the name of the machine."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor(), platform.node()
    kinds = ("vendor_id", "cpu family", "model", "stepping", "flags", "Features", "CPU ")
    return [line for line in lines if line.startswith(kinds)]


def _renamed(traced):
    """Return a digest of a traced function and the same function under names made of it."""
    functions = _functions_of(traced)
    _rename(functions, "program")
    for function in functions:
        _rename_arguments(function)
    shapes = repr([(tensor.dtype, tensor.shape) for tensor in traced.inputs])
    contents = [function.SerializeToString(deterministic=True) for function in functions]
    digest = hashlib.sha256(b"\n".join([shapes.encode(), *contents])).hexdigest()[:32]
    _rename(functions, f"skrnn_{digest}")
    return digest, _callable(functions, traced)


def _functions_of(traced):
    """Return copies of a function's definition and of those it calls, in the order of calls."""
    library = {f.signature.name: f for f in traced.graph.as_graph_def().library.function}
    found = {}

    def visit(function):
        found[function.signature.name] = function
        for called in _calls(function):
            if called.name not in found:
                visit(library[called.name])

    visit(traced.function_def)
    return [_without_gradients(function) for function in found.values()]


def _without_gradients(function):
    """Return a copy that does not mention gradients: named by serial numbers, not used to run."""
    copy = type(function)()
    copy.CopyFrom(function)
    for node in copy.node_def:
        node.attr.pop("_gradient_op_type", None)
    return copy


def _calls(function):
    """Yield every mention of another function."""
    for node in function.node_def:
        for _, value in sorted(node.attr.items()):
            if value.HasField("func"):
                yield value.func
            yield from value.list.func


def _rename(functions, prefix):
    names = {f.signature.name: f"{prefix}_{i}" for i, f in enumerate(functions)}
    for function in functions:
        function.signature.name = names[function.signature.name]
        for called in _calls(function):
            called.name = names[called.name]


def _rename_arguments(function):
    """Number the arguments: TensorFlow names some after functions, with their serial numbers."""
    names = {arg.name: f"argument_{i}" for i, arg in enumerate(function.signature.input_arg)}
    for arg in function.signature.input_arg:
        arg.name = names[arg.name]
    for node in function.node_def:
        node.input[:] = [names.get(name, name) for name in node.input]
    for output, name in list(function.ret.items()):
        function.ret[output] = names.get(name, name)


def _callable(functions, traced):
    """Return a function of tensors that calls the first of some definitions."""
    import tensorflow as tf

    signature = functions[0].signature
    graph = tf.compat.v1.GraphDef(versions=traced.graph.as_graph_def().versions)
    graph.library.function.extend(functions)
    call = graph.node.add(name="call", op="PartitionedCall")
    call.attr["f"].func.name = signature.name
    call.attr["_XlaMustCompile"].b = True  # what jit_compile=True writes
    call.attr["Tin"].list.type.extend(arg.type for arg in signature.input_arg)
    call.attr["Tout"].list.type.extend(arg.type for arg in signature.output_arg)
    for arg in signature.input_arg:
        graph.node.add(name=arg.name, op="Placeholder").attr["dtype"].type = arg.type
        call.input.append(arg.name)
    wrapped = tf.compat.v1.wrap_function(
        lambda: tf.graph_util.import_graph_def(graph, name=""), signature=[]
    )
    return wrapped.prune(
        [f"{arg.name}:0" for arg in signature.input_arg],
        [f"call:{i}" for i in range(len(signature.output_arg))],
        # Without it every call fails first, and prints its arguments into a message nobody sees.
        input_signature=(tuple(tf.TensorSpec(t.shape, t.dtype) for t in traced.inputs), {}),
    )
