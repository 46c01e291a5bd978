"""Which array module an array belongs to. Nothing but the type of the array decides.

`xp` is the customary name for "numpy or cupy, whichever fits this array".
"""

from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tinylinks import errors

__all__ = ["get_array_module", "has_gpu", "to_cpu", "to_gpu"]

_modules: dict[type, ModuleType] = {np.ndarray: np}


def get_array_module(x: Any, *others: Any) -> ModuleType:
    """Return the module (`numpy` or `cupy`) whose functions fit `x`.

    Parameters
    ----------
    x, *others : array or Variable or scalar
        Python and NumPy scalars count as NumPy's. Of several, one that is not decides.

    Returns
    -------
    module

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.backend import get_array_module
    >>> xp = get_array_module(np.zeros(3))
    >>> xp.__name__
    'numpy'

    Notes
    -----
    Follows Chainer's ``chainer.backend.get_array_module``.
    """
    module = _modules.get(type(x))
    if module is None:
        kind = type(bare(x))
        module = _modules[kind] if is_array_type(kind) else np
    return get_array_module(*others) if others and module is np else module


def bare(x: Any) -> Any:
    """Return the array of a Variable; anything else as it is."""
    if type(x) in _modules:
        return x
    # Not by `_data` alone: what a masked array calls so has no mask.
    return getattr(x, "_data", x) if hasattr(x, "creator") else x


def plain(x: Any) -> Any:
    """Return an array in the form that the library computes with; anything else as it is.

    A memory-mapped array becomes a view of itself. Numbers in the byte order of another kind
    of machine are copied into the order of this one.
    """
    if type(x) is np.memmap:
        x = x.view(np.ndarray)
    if type(x) is np.ndarray and not x.dtype.isnative and x.dtype.kind in "fiu":
        x = x.astype(x.dtype.type)
    return x


def wide(x: Any) -> Any:
    """Return an array of float16 as float32, to be computed with; anything else as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.backend import wide
    >>> wide(np.ones(2, np.float16)).dtype, wide(np.ones(2)).dtype
    (dtype('float32'), dtype('float64'))
    """
    return x.astype(np.float32) if x.dtype.char == "e" and not hasattr(x, "node") else x


def narrow(x: Any, dtype: Any) -> Any:
    """Return what was computed from `wide` arrays in the dtype that it is to have."""
    return x if x.dtype is dtype else x.astype(dtype)


def total(x: Any, axis: Any, keepdims: bool = False) -> Any:
    """Do what ``x.sum(axis, keepdims=keepdims)`` does, but add up float16 in float32.

    In float16, 2048 + 1 is 2048, so NumPy's sum of 5,000 ones along axis 0 is 2048 there.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.backend import total
    >>> total(np.ones((5000, 2), np.float16), axis=0).tolist()
    [5000.0, 5000.0]
    """
    return narrow(wide(x).sum(axis=axis, keepdims=keepdims), x.dtype)


def is_array_type(kind: type) -> bool:
    """Tell whether `kind` is an array type that the library works with."""
    if kind not in _modules and kind.__module__.partition(".")[0] == "cupy":
        import cupy

        register(cupy.ndarray, cupy)
    return kind in _modules


def register(array_type: type, module: ModuleType) -> None:
    """Let arrays of `array_type` be worked on with the functions of `module`.

    NumPy is registered from the start and CuPy as soon as its first array is seen. The
    test suite registers a strict stand-in for CuPy.
    """
    _modules[array_type] = module


def has_gpu() -> bool:
    """Tell whether CuPy is installed and finds a GPU that works.

    Examples
    --------
    >>> from tinylinks.backend import has_gpu
    >>> has_gpu() in (True, False)
    True
    """
    try:
        import cupy

        return bool(cupy.cuda.is_available()) and float(cupy.ones(1).sum()) == 1.0
    except Exception:  # CuPy without a driver fails in many ways, all of which mean no
        return False


def to_cpu(array: Any) -> np.ndarray:
    """Return `array` as a NumPy array; a NumPy array is returned as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.backend import to_cpu
    >>> to_cpu(np.arange(3))
    array([0, 1, 2])
    """
    array = plain(array)
    errors.check_array("to_cpu", array, is_array_type)
    return array if type(array) is np.ndarray else array.get()


def like(array: Any, other: Any) -> Any:
    """Return `array` on the machine where `other` is: moved if need be, not copied if not.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.backend import like
    >>> a = np.arange(3)
    >>> like(a, np.zeros(2)) is a
    True
    """
    same = type(array) is type(other)
    return array if same else get_array_module(other).asarray(to_cpu(array))


def to_gpu(array: Any) -> Any:
    """Return `array` as a CuPy array on the current GPU.

    Raises
    ------
    RuntimeError
        If CuPy or a GPU is missing.
    """
    array = plain(array)
    errors.check_array("to_gpu", array, is_array_type)
    if not has_gpu():
        errors.no_gpu()
    import cupy

    return cupy.asarray(array)


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("backend", name, __all__, "gpu")
