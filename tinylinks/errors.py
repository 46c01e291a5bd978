"""The sentences that the library says when something is wrong.

Each names the operation, what was expected, what came, what to do, and the chapter of the
book that explains it. They live here so that the code that computes stays short.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from tinylinks.function import Function
    from tinylinks.graph import Node
    from tinylinks.link import Link

IsArrayType = Callable[[type], bool]


def describe(x: Any) -> str:
    """Say in a few words what `x` is: 'a list', 'an int64 array of shape (3,)'."""
    if hasattr(x, "_data") and x._data is None:
        return "a Parameter that has no array yet"
    if isinstance(x, np.generic):
        return f"the NumPy number {x}"
    if isinstance(x, type):
        return f"the class {x.__name__}"
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        kind = type(x).__name__
        kind = "array" if kind == "ndarray" else kind
        return f"{article(str(x.dtype))} {kind} of shape {x.shape}"
    if x is None or isinstance(x, bool | int | float | str):
        return repr(x)
    return article(type(x).__name__)


def article(word: str) -> str:
    """Put 'a' or 'an' in front of `word`."""
    return f"an {word}" if word[0].lower() in "aeiou" else f"a {word}"


def is_number(x: Any) -> bool:
    """Tell whether `x` is a Python or NumPy number (True and False are not)."""
    return isinstance(x, (int, float, np.number)) and not isinstance(x, bool)


def is_whole(x: Any) -> bool:
    """Tell whether `x` is an int of Python or NumPy."""
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)


# ---- names ----


# Names of PyTorch and Keras -> what to write here.
OTHER_LIBRARIES = {
    "Variable": {
        "argmax": "x.data.argmax()",
        "astype": "x.data.astype(...)",
        "copy": "x.data.copy()",
        "cpu": "x.to_cpu()",
        "cuda": "x.to_gpu()",
        "detach": "x.data, the array without its history",
        "dot": "x @ y",
        "flatten": "x.reshape(...)",
        "numpy": "x.data",
        "squeeze": "x.reshape(...)",
        "to": "x.to_cpu() or x.to_gpu()",
        "tolist": "x.data.tolist()",
        "unsqueeze": "x.reshape(...)",
        "view": "x.reshape(...)",
    },
    "Link": {
        "add": "append, or an attribute in init_scope",
        "bias": "b",
        "compile": "optimizer.setup(model)",
        "cpu": "to_cpu()",
        "cuda": "to_gpu()",
        "eval": 'using_config("train", False) in a with statement',
        "evaluate": "F.accuracy(model(x), t)",
        "fit": "a loop with optimizer.update(...)",
        "load": "serializers.load_npz(path, model)",
        "load_state_dict": "copyparams, or serializers.load_npz",
        "modules": "links()",
        "named_parameters": "namedparams()",
        "parameters": "params()",
        "predict": "model(x)",
        "save": "serializers.save_npz(path, model)",
        "state_dict": "serializers.save_npz",
        "summary": "print(model)",
        "to": "to_cpu() or to_gpu()",
        "train": 'using_config("train", True) in a with statement',
        "weight": "W",
        "zero_grad": "cleargrads()",
    },
    "Optimizer": {
        "learning_rate": "lr, or alpha for Adam",
        "lr": "alpha",
        "param_groups": "target.params()",
        "state_dict": "serializers.save_npz",
        "step": "update()",
        "zero_grad": "cleargrads() of the model",
    },
    "module": {
        "BatchNorm1d": "tinylinks.links.BatchNormalization",
        "BatchNorm2d": "tinylinks.links.BatchNormalization",
        "Conv2D": "tinylinks.links.Convolution2D",
        "Conv2d": "tinylinks.links.Convolution2D",
        "ConvTranspose2d": "tinylinks.links.Deconvolution2D",
        "Dense": "tinylinks.links.Linear",
        "Flatten": "tinylinks.functions.reshape",
        "MaxPool2d": "tinylinks.functions.max_pooling_2d",
        "Module": "tinylinks.Chain",
        "Tensor": "tinylinks.Variable",
        "binary_cross_entropy": "softmax_cross_entropy, with a score for each of the two classes",
        "cross_entropy": "tinylinks.functions.softmax_cross_entropy",
        "flatten": "tinylinks.functions.reshape",
        "load": "tinylinks.serializers.load_npz",
        "manual_seed": "numpy.random.seed",
        "mse_loss": "tinylinks.functions.mean_squared_error",
        "nll_loss": "tinylinks.functions.softmax_cross_entropy",
        "no_grad": "tinylinks.no_backprop_mode",
        "random": "numpy.random",
        "save": "tinylinks.serializers.save_npz",
        "tensor": "tinylinks.Variable",
    },
}


def no_name(where: str, name: str, names: Sequence[str], chapter: int) -> NoReturn:
    if str(name).startswith("__"):  # Python asks for these, people do not
        raise AttributeError(f"{where} has no attribute {name!r}", name=name)
    do = renamed("module", name) or elsewhere(str(name), names) or spelling(str(name), names)
    few = f"one of {', '.join(names)}" if len(names) <= 30 else "a name that is there"
    raise AttributeError(
        f"{where}: expected {few}, got {name!r}. {do} (See chapter {chapter}.)", name=name
    )


def renamed(kind: str, name: str) -> str:
    """Say what to write for a name that other libraries have, if it is one."""
    ours = OTHER_LIBRARIES[kind].get(name)
    return f"Other libraries call it so: write {ours}." if ours else ""


def elsewhere(name: str, names: Sequence[str]) -> str:
    """Say which other part of the library has this name, if one has."""
    if flat(name) in map(flat, names):
        return ""
    parts = ["", ".links", ".functions", ".optimizers", ".optimizer_hooks", ".serializers"]
    paths = [
        f"tinylinks{part}.{n}" for part in parts for n in sys.modules["tinylinks" + part].__all__
    ]
    found = [path for path in paths if flat(path.rpartition(".")[2]) == flat(name)]
    found.sort(key=lambda path: not path.endswith("." + name))
    return f"Write {found[0]}." if found else ""


def flat(name: str) -> str:
    return name.lower().replace("_", "")


def spelling(name: str, names: Sequence[str]) -> str:
    import difflib

    lower = {known.lower(): known for known in names}
    near = [lower[n] for n in difflib.get_close_matches(name.lower(), lower)]
    return f"Check the spelling{': did you mean ' + ' or '.join(near) + '?' if near else '.'}"


def spelling_of_attribute(x: Any, name: str) -> str:
    return spelling(name, [known for known in dir(x) if not known.startswith("_")])


def no_variable_attribute(x: Any, name: str) -> NoReturn:
    kind = type(x).__name__
    if name.startswith("_"):  # Python and IPython ask for these, people do not
        raise AttributeError(f"{kind} has no attribute {name!r}", name=name)
    if x._data is None and hasattr(type(x), name):
        raise AttributeError(waits(f"{kind}.{name}"), name=name)
    do = renamed("Variable", name) or spelling_of_attribute(x, name)
    if name in sys.modules["tinylinks.functions"].__all__:
        do = f"Write F.{name}(x)."
    chapter = 2
    if name == "inputs":  # what Function.apply looks for first
        do = "To apply a Function, make an instance: write Fn().apply(x)."
        chapter = 3
    raise AttributeError(
        f"{kind}: expected the name of an attribute, got {name!r}. {do} (See chapter {chapter}.)",
        name=name,
        obj=x,
    )


# ---- switches and backends ----


def check_config(name: str, value: Any, names: Sequence[str]) -> None:
    if name not in names:
        no_name("config", name, names, 18)
    if not isinstance(value, bool):
        raise TypeError(
            f"config.{name}: expected True or False, got {describe(value)}. "
            "Pass one of these two. (See chapter 18.)"
        )


def check_array(operation: str, x: Any, is_array_type: IsArrayType) -> None:
    if not is_array_type(type(x)):
        raise TypeError(
            f"{operation}: expected a NumPy or CuPy array, got {describe(x)}. "
            "Pass the array of a Variable as x.data. (See chapter 20.)"
        )


def no_gpu() -> NoReturn:
    raise RuntimeError(
        "to_gpu: expected CuPy and a working GPU, got a machine without. "
        "Stay with NumPy arrays: all of the library works on them. (See chapter 20.)"
    )


# ---- a Variable and its array ----


def check_data(data: Any, is_array_type: IsArrayType) -> None:
    kind = type(data)
    if hasattr(data, "node"):
        do = "It is in a box already: use it as it is, or take its array with x.data."
    elif isinstance(data, list | tuple):
        do = "Write Variable(np.array(..., dtype=np.float32)): an array has one dtype."
    elif is_number(data):
        do = f"Write Variable(np.array({data}, dtype=np.float32)): an array has a dtype."
    elif isinstance(data, np.ndarray) and not is_array_type(kind):
        do = "Its arithmetic is not an array's: convert it with np.array(...)."
    elif not is_array_type(kind):
        do = "Put the numbers into np.array(..., dtype=np.float32) first."
    elif data.dtype.kind not in "fiub":
        do = "Make an array of numbers: no text, all rows of one length, dtype=np.float32."
    else:
        return
    raise TypeError(
        f"Variable: expected a NumPy or CuPy array of numbers, got {describe(data)}. "
        f"{do} (See chapter 2.)"
    )


def waits(operation: str) -> str:
    return (
        f"{operation}: expected a Parameter with an array, got one that waits for its shape. "
        "Call its link on a mini-batch first, or initialize(shape). (See chapter 11.)"
    )


def check_initialized(operation: str, x: Any) -> None:
    if getattr(x, "_data", operation) is None:
        raise RuntimeError(waits(operation))


def check_item(x: Any) -> None:
    check_initialized("item", x)
    if x.size != 1:
        first = ", ".join("0" * x.ndim)
        raise ValueError(
            f"item: expected exactly one element, got shape {x.shape}. "
            f"Pick one as in x[{first}], or reduce with x.sum() or x.mean(). (See chapter 2.)"
        )


def check_len(x: Any, operation: str = "len") -> None:
    check_initialized(operation, x)
    if x.ndim == 0:
        raise TypeError(
            f"{operation}: expected a Variable with at least one axis, got shape (). "
            "It is a single number: read it with x.item(). (See chapter 2.)"
        )


def no_number(operation: str, x: Any) -> NoReturn:
    raise TypeError(
        f"{operation}: expected a number, got {describe(x)}. "
        "Read it with x.item(), if it has one element. (See chapter 2.)"
    )


def no_setitem() -> NoReturn:
    raise TypeError(
        "x[...] = value: expected an operation that the graph can record, got an assignment. "
        "Compute a new Variable, for instance with F.where; or change x.data beforehand. "
        "(See chapter 6.)"
    )


def no_comparison(sign: str) -> NoReturn:
    raise TypeError(
        f"x {sign} y: expected arrays or numbers, got a Variable. "
        f"Compare the arrays: x.data {sign} y.data. (See chapter 6.)"
    )


def no_bool() -> NoReturn:
    raise TypeError(
        "bool: expected a single True or False, got a Variable. "
        "Test its number, as in x.item() > 0, or write `x is not None`. (See chapter 6.)"
    )


def no_requires_grad() -> NoReturn:
    raise AttributeError(
        "requires_grad: expected to be chosen when a Variable is made, got an assignment. "
        "Make a new one: Variable(x.data, requires_grad=False). (See chapter 18.)"
    )


def no_hash() -> NoReturn:
    raise TypeError(
        "hash: expected something that can be compared, got a Variable. "
        "Use id(x) as the key, or keep the Variables in a list. (See chapter 18.)"
    )


def no_array() -> NoReturn:
    raise TypeError(
        "NumPy function: expected arrays, got a Variable. Pass x.data where no gradient is needed, "
        "else use a function of tinylinks.functions. (See chapter 6.)"
    )


# ---- gradients ----


def check_grad(x: Any, g: Any, is_array_type: IsArrayType) -> None:
    check_initialized("grad", x)
    if hasattr(g, "node"):
        raise TypeError(
            f"grad: expected an array, got {describe(g)}. "
            "Assign g.data, or assign the Variable to grad_var. (See chapter 4.)"
        )
    if not is_array_type(type(g)):
        raise TypeError(
            f"grad: expected a {x.dtype} array of shape {x.shape}, got {describe(g)}. "
            f"Write np.array(..., dtype=np.{x.dtype}). (See chapter 4.)"
        )
    if type(g) is not type(x._data):
        raise TypeError(
            f"grad: expected {article(type(x._data).__module__)} array like the data, "
            f"got one of {type(g).__module__}. "
            "Move it with backend.to_cpu or backend.to_gpu. (See chapter 20.)"
        )
    if g.shape != x.shape:
        raise ValueError(
            f"grad: expected the shape of the data, {x.shape}, got {g.shape}. "
            "A gradient has one number for each number of the data. (See chapter 4.)"
        )
    if g.dtype != x.dtype:
        raise TypeError(
            f"grad: expected the dtype of the data, {x.dtype}, got {g.dtype}. "
            f"Convert it with g.astype(np.{x.dtype}). (See chapter 4.)"
        )


def check_grad_var(g: Any, Variable: type) -> None:
    if not isinstance(g, Variable):
        raise TypeError(
            f"grad_var: expected a Variable, got {describe(g)}. "
            "Assign an array to grad instead. (See chapter 19.)"
        )


def check_backward(y: Any) -> None:
    if y._data is None:
        raise RuntimeError(
            "backward: expected a result of a computation, got a Parameter without an array. "
            "Call its link on a mini-batch first. (See chapter 11.)"
        )
    if y.creator is None:
        raise RuntimeError(
            "backward: expected a Variable that was computed from others, got one without a "
            "creator. Call backward on the result, and compute it outside no_backprop_mode, "
            "from Variables that require a gradient. (See chapter 4.)"
        )
    if y._grad is None and y.size != 1:
        raise RuntimeError(
            "backward: expected a single number or a gradient to start from, got shape "
            f"{y.shape} without one. Reduce it first, as in y.sum().backward(), or set y.grad "
            "to an array of that shape. (See chapter 4.)"
        )


def wrong_number(function: Function, gxs: tuple[Any, ...]) -> NoReturn:
    n = len(function.inputs)
    raise ValueError(
        f"{function.label}.backward: expected {n} gradient{'s' * (n > 1)}, one for each "
        f"input, got {len(gxs)}. Return None for an input without gradient. (See chapter 5.)"
    )


def check_gradient(function: Function, gx: Any, node: Node) -> Any:
    """Return `gx` as an array that fits the input at `node`."""
    where = f"{function.label}.backward"
    if isinstance(gx, np.generic):
        gx = np.asarray(gx)
    if not (hasattr(gx, "dtype") and hasattr(gx, "shape")):
        raise TypeError(
            f"{where}: expected an array as gradient, got {describe(gx)}. "
            "Compute it from gy and the retained arrays. (See chapter 4.)"
        )
    if gx.shape != node.shape:
        raise ValueError(
            f"{where}: expected a gradient of the input's shape {node.shape}, got {gx.shape}. "
            "Undo in backward what forward did to the shape. (See chapter 7.)"
        )
    if gx.dtype != node.dtype:
        raise TypeError(
            f"{where}: expected a gradient of the input's dtype {node.dtype}, got {gx.dtype}. "
            "Keep the dtype: use Python numbers, or gx.astype(gy.dtype). (See chapter 7.)"
        )
    return gx


# ---- applying a Function ----


def not_written(function: Function, method: str) -> NoReturn:
    name = type(function).__name__
    where = f"class {name}" if name != "Function" else "a class of your own, derived from Function"
    chapter = {"forward": 3, "backward": 4}[method]
    raise NotImplementedError(
        f"{name}: expected a method `{method}`, got none. "
        f"Write `def {method}(self, ...)` in {where}. (See chapter {chapter}.)"
    )


def used_twice(function: Function) -> NoReturn:
    name = type(function).__name__
    raise RuntimeError(
        f"{function.label}: expected a new instance, got one that was applied before. An "
        f"instance remembers one step: write {name}(...).apply(x) each time. (See chapter 3.)"
    )


def check_constant(function: Function, x: Any, is_array_type: IsArrayType) -> Any:
    """Return an input that is not a Variable: an array, or a Python number."""
    if type(x) is float or type(x) is int:
        return x
    if is_array_type(type(x)) and x.dtype.kind in "fiub":
        return x
    if is_number(x):
        return x.item() if isinstance(x, np.number) else x
    if hasattr(x, "requires_grad"):
        raise TypeError(
            f"{function.label}: expected Variables of its own library, got one of another class. "
            "Do not mix those of a chapter with those of tinylinks: pass x.data. (See chapter 3.)"
        )
    do = "Put numbers into np.array(..., dtype=np.float32)."
    if x is None:
        do = "Look for a function without a `return`."
    raise TypeError(
        f"{function.label}: expected Variables, arrays or numbers, got {describe(x)}. {do} "
        "(See chapter 3.)"
    )


def has_no_array(function: Function) -> NoReturn:
    raise RuntimeError(
        f"{function.label}: expected Variables with arrays, got a Parameter without one. "
        "Give it a shape with initialize(shape) first. (See chapter 11.)"
    )


def check_backend(function: Function | str, x: Any, other: Any) -> None:
    """Check that an array beside the inputs is of the same module as the input x."""
    x = getattr(x, "_data", x)
    if isinstance(x, np.generic) or isinstance(other, np.generic):
        return  # numbers belong everywhere
    if hasattr(other, "dtype") and hasattr(x, "dtype") and type(other) is not type(x):
        raise TypeError(
            f"{getattr(function, 'label', function)}: expected all arrays from "
            f"{type(x).__module__}, got one from {type(other).__module__}. "
            "Move it with backend.to_cpu or backend.to_gpu. (See chapter 20.)"
        ) from None


def not_called(function: Function) -> NoReturn:
    name = type(function).__name__
    raise TypeError(
        f"{name}: expected its method apply, got a call. "
        f"Write {name}(...).apply(x). (See chapter 3.)"
    )


def no_inputs(function: Function) -> NoReturn:
    raise TypeError(
        f"{function.label}: expected at least one input, got none. "
        f"Write {type(function).__name__}(...).apply(x). (See chapter 3.)"
    )


def no_outputs(function: Function) -> NoReturn:
    raise TypeError(
        f"{function.label}.forward: expected an array or a tuple of them, got (). "
        "Return at least one array. (See chapter 3.)"
    )


def check_arity(function: Function, arrays: Sequence[Any]) -> None:
    """Called when `forward` failed: see whether the number of inputs is the reason."""
    import inspect

    try:
        inspect.signature(function.forward).bind(*arrays)
    except TypeError:
        names = ", ".join(inspect.signature(type(function).forward).parameters)
        raise TypeError(
            f"{function.label}: expected as many inputs as forward({names}) takes after self, "
            f"got {len(arrays)}. Pass one for each. (See chapter 3.)"
        ) from None


def bad_retain(function: Function) -> NoReturn:
    n, got = len(function.inputs), (function._input_indexes, function._output_indexes)
    raise TypeError(
        f"{function.label}.forward: expected retain_inputs to get a tuple of positions from 0 to "
        f"{n - 1}, and retain_outputs one of outputs, got {got[0]!r} and {got[1]!r}. "
        "Write self.retain_inputs((0,)). (See chapter 4.)"
    ) from None


def check_retained(function: Function, what: str) -> tuple[Any, ...]:
    """Called where nothing is retained: that is right if no gradient was asked for."""
    if function._input_indexes if what == "inputs" else function._output_indexes:
        return ()
    raise RuntimeError(
        f"{function.label}.backward: expected retain_{what} to have been called in forward, got "
        f"nothing retained. Write self.retain_{what}((0,)) there. (See chapter 4.)"
    )


def not_floats(function: Function, arrays: Sequence[Any]) -> NoReturn:
    raise TypeError(
        f"{function.label}: expected floats, got {describe(arrays[0])}. "
        "Convert it with .astype(np.float32): only floats have gradients. (See chapter 2.)"
    )


def check_alike(
    function: Function, arrays: Sequence[Any], constants: Sequence[bool], kind: Any
) -> Any:
    """Return the one dtype of the Variables (of the constants, if there are no Variables)."""
    dtypes: dict[Any, None] = {}
    for array, constant in zip(arrays, constants, strict=True):
        if array is None:
            has_no_array(function)
        if not is_number(array) and type(array) is not kind:
            raise TypeError(
                f"{function.label}: expected all arrays from {kind.__module__}, got one from "
                f"{type(array).__module__}. Move it with backend.to_cpu or backend.to_gpu. "
                "(See chapter 20.)"
            )
        if not is_number(array) and constant <= all(constants):
            dtypes[array.dtype] = None
    if len(dtypes) > 1:
        raise TypeError(
            f"{function.label}: expected one dtype, got {' and '.join(map(str, dtypes))}. Make "
            "the arrays alike, as in Variable(a.astype(np.float32)). (See chapter 6.)"
        )
    return next(iter(dtypes))


def check_output(function: Function, y: Any, kind: Any, dtype: Any) -> Any:
    """Return what `forward` returned as an array of the inputs' dtype."""
    if isinstance(y, np.generic):
        y = np.asarray(y)
    if type(y) is not kind:
        raise TypeError(
            f"{function.label}.forward: expected an {kind.__name__} or a tuple of them, got "
            f"{describe(y)}. Return arrays, not Variables or lists. (See chapter 3.)"
        )
    if y.dtype != dtype:
        raise TypeError(
            f"{function.label}.forward: expected {'floats of ' if dtype.kind == 'f' else ''}dtype "
            f"{dtype}, like the inputs, got {y.dtype}. "
            "Convert the result with .astype(x.dtype). (See chapter 3.)"
        )
    return y


# ---- shapes ----


def check_shape(operation: str, shape: Any, smallest: int = 0) -> tuple[int, ...]:
    """Return `shape` as a tuple of ints."""
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    if not all(is_whole(n) and n >= smallest for n in shape) or shape.count(-1) > 1:
        also = ", or once -1" if smallest < 0 else ""
        raise ValueError(
            f"{operation}: expected a shape of whole numbers not below 0{also}, got {shape}. "
            "Write a tuple such as (2, 3). (See chapter 7.)"
        )
    return shape


def shape_of(x: Any) -> str:
    return str(getattr(x, "shape", "a number"))


def bad_broadcast(function: Function, xs: Sequence[Any]) -> None:
    arrays = [x for x in xs if hasattr(x, "shape")]
    for x in arrays:
        check_backend(function, arrays[0], x)
    shapes = [x.shape for x in xs if hasattr(x, "shape")]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(
            f"{function.label}: expected shapes that can be stretched to one, got "
            f"{' and '.join(map(str, shapes))}. Counted from the last, each pair of axes must "
            "be equal, or one of them 1; insert an axis with reshape. (See chapter 7.)"
        ) from None


def bad_sum_to(x_shape: tuple[int, ...], shape: tuple[int, ...]) -> NoReturn:
    raise ValueError(
        f"sum_to: expected a shape that can be stretched to {x_shape}, got {shape}. "
        "Keep each axis, make it 1, or leave it out in front. (See chapter 7.)"
    ) from None


def bad_broadcast_to(x_shape: tuple[int, ...], shape: tuple[int, ...]) -> NoReturn:
    raise ValueError(
        f"broadcast_to: expected a shape that {x_shape} can be stretched to, got {shape}. "
        "Only axes of length 1 stretch, and new ones come in front: reshape first. (See chapter 7.)"
    ) from None


def bad_reshape(x_shape: tuple[int, ...], shape: tuple[int, ...]) -> NoReturn:
    raise ValueError(
        f"reshape: expected a shape of {math.prod(x_shape)} elements, as {x_shape} has, "
        f"got {shape}. Use -1 for one axis to have it worked out. (See chapter 7.)"
    ) from None


def bad_transpose(x_shape: tuple[int, ...], axes: Any) -> NoReturn:
    raise ValueError(
        f"transpose: expected each of the {len(x_shape)} axes once, got {axes}. "
        f"Write an order of {tuple(range(len(x_shape)))} for shape {x_shape}. (See chapter 7.)"
    ) from None


def bad_axis(function: Function, x_shape: tuple[int, ...], axis: Any) -> None:
    check_flag(function.label, "keepdims", getattr(function, "keepdims", False), 7)
    n = len(x_shape)
    axes = axis if isinstance(axis, tuple) else (axis,)
    whole = all(is_whole(a) and -n <= a < n for a in axes)
    if axis is not None and not (whole and len({a % n for a in axes}) == len(axes)):
        known = (
            f"an axis of shape {x_shape}, from {-n} to {n - 1}" if n else "axis=None for shape ()"
        )
        raise ValueError(
            f"{function.label}: expected {known}, got {axis!r}. "
            "Write several axes as a tuple, each one once. (See chapter 7.)"
        ) from None
    if 0 in x_shape:
        raise ValueError(
            f"{function.label}: expected at least one element, got shape {x_shape}. "
            "Skip an empty mini-batch. (See chapter 7.)"
        ) from None


def check_index(index: Any) -> Any:
    """Return an index without Variables in it."""
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if hasattr(part, "node"):
            raise TypeError(
                f"x[...]: expected ints, slices or arrays as index, got {describe(part)}. "
                "An index has no gradient: write x[i.data]. (See chapter 6.)"
            )
        if isinstance(part, float | str):
            raise TypeError(
                f"x[...]: expected ints, slices or arrays as index, got {part!r}. "
                "Write a whole number such as x[0]. (See chapter 6.)"
            )
    return index


def bad_index(x: Any, index: Any) -> NoReturn:
    for part in index if isinstance(index, tuple) else (index,):
        check_backend("x[...]", x, part)
    raise IndexError(
        f"x[...]: expected an index into shape {x.shape}, got {index!r}. "
        "Use 0 to x.shape[i] - 1 for axis i, or a mask of the shape of x. (See chapter 6.)"
    ) from None


def check_concat(xs: Any) -> None:
    if not isinstance(xs, list | tuple) or len(xs) == 0:
        raise TypeError(
            f"concat: expected a list of Variables, got {describe(xs) if len_or_1(xs) else '[]'}. "
            "Write F.concat([x, y]). (See chapter 7.)"
        )


def len_or_1(xs: Any) -> int:
    return len(xs) if isinstance(xs, list | tuple) else 1


def bad_concat(xs: Sequence[Any], axis: Any) -> NoReturn:
    raise ValueError(
        f"concat: expected shapes that agree but for axis {axis!r}, got "
        f"{' and '.join(map(shape_of, xs))}. Choose another axis, or reshape. (See chapter 7.)"
    ) from None


def check_condition(condition: Any) -> None:
    if str(getattr(condition, "dtype", None)) != "bool":
        raise TypeError(
            f"where: expected an array of bool as condition, got {describe(condition)}. "
            "Compare arrays to get one, as in x.data > 0. (See chapter 9.)"
        )


def check_clip(x_min: Any, x_max: Any) -> None:
    bounds = [bound for bound in (x_min, x_max) if bound is not None]
    if not bounds or not all(map(is_number, bounds)) or bounds != sorted(set(bounds)):
        raise ValueError(
            f"clip: expected two numbers with x_min < x_max, got {describe(x_min)} and "
            f"{describe(x_max)}. Write the smaller one first. (See chapter 9.)"
        )


# ---- linear ----


def check_matmul(a: Any, b: Any, transa: bool, transb: bool) -> None:
    for x in (a, b):
        check_initialized("matmul", x)
        if getattr(x, "ndim", 0) == 0:
            raise TypeError(
                f"matmul: expected matrices or vectors, got {describe(x)}. "
                "Multiply by a number with *. (See chapter 8.)"
            )
    i = -2 if transa and a.ndim > 1 else -1
    j = -1 if transb or b.ndim == 1 else -2
    if a.shape[i] != b.shape[j]:
        raise ValueError(
            f"matmul: expected a.shape[{i}] == b.shape[{j}], got {a.shape} and {b.shape}. "
            "Give `a` as many columns as `b` has rows: is a transpose missing? "
            "(See chapter 8.)"
        ) from None


def bad_matmul(a: Any, b: Any) -> None:
    check_matmul(a, b, False, False)
    raise ValueError(
        "matmul: expected axes in front of the last two that can be stretched to each other, got "
        f"{a.shape} and {b.shape}. Make each pair equal, or one of them 1. (See chapter 8.)"
    ) from None


def check_linear(x: Any, W: Any, b: Any) -> None:
    """Check the shapes of x (N, in), W (out, in) and b (out,)."""
    if getattr(W, "ndim", 0) != 2:
        raise ValueError(
            f"linear: expected W of shape (out, in), got {shape_of(W)}. "
            "Give it two axes with reshape. (See chapter 8.)"
        )
    if x.shape[1] != W.shape[1]:
        raise ValueError(
            f"linear: expected x.shape[1] == W.shape[1], got {x.shape[1]} != {W.shape[1]}. "
            f"Each row of x needs {W.shape[1]} numbers. (See chapter 8.)"
        )
    if b is not None and getattr(b, "shape", None) != W.shape[:1]:
        raise ValueError(
            f"linear: expected b of shape {W.shape[:1]}, got {shape_of(b)}. "
            "Give it one number for each row of W. (See chapter 8.)"
        )


def check_batch_axes(x: Any, n_batch_axes: Any, W: Any = None) -> None:
    check_initialized("linear", x)
    if not hasattr(x, "ndim"):
        raise TypeError(
            f"linear: expected x as a Variable or an array of shape (N, in), got {describe(x)}. "
            "Put the rows into np.array(..., dtype=np.float32). (See chapter 8.)"
        )
    if not is_whole(n_batch_axes) or n_batch_axes < 1:
        do = "Pass 1 for a mini-batch of rows."
        if hasattr(n_batch_axes, "dtype"):
            do = "Pass x alone; targets are for the loss."
        raise ValueError(
            "linear: expected n_batch_axes to be a whole number above 0, got "
            f"{describe(n_batch_axes)}. {do} (See chapter 8.)"
        )
    if x.ndim <= n_batch_axes:
        do = "Make a single row a mini-batch with x.reshape(1, -1)."
        if n_batch_axes > 1:
            do = "Pass a smaller n_batch_axes: at least one axis is for the numbers of an example."
        raise ValueError(
            f"linear: expected x of shape (N, in), at least {n_batch_axes + 1} axes, got "
            f"{x.shape}. {do} (See chapter 8.)"
        )
    numbers = math.prod(x.shape[n_batch_axes:])
    if getattr(W, "ndim", 0) == 2 and W.shape[1] != numbers:
        raise ValueError(
            f"linear: expected {W.shape[1]} numbers for each example, as W.shape is {W.shape}, got "
            f"{numbers} in x of shape {x.shape}. Make W for {numbers} numbers, or compare the "
            "sizes of the layers before this one. (See chapter 8.)"
        )


# ---- debug mode ----


def check_finite(function: Function, method: str, x: Any) -> None:
    if hasattr(x, "dtype") and x.dtype.kind == "f" and x.size and not abs(x).max() < math.inf:
        raise FloatingPointError(
            f"{function.label}.{method}: expected finite numbers, got NaN or infinity, made by "
            f"{function.made_at}. Look at the numbers that go in there. (See chapter 18.)"
        )


def check_unchanged(function: Function, array: Any, before: Any) -> None:
    if hasattr(array, "tobytes") and array.tobytes() != before.tobytes():
        raise RuntimeError(
            f"{function.label}.backward: expected the array that forward saw, got one that was "
            f"changed in place since then. It was used by {function.made_at}. "
            "Make a new array instead of changing it, or change a copy. (See chapter 18.)"
        )


# ---- convolution and pooling ----


def check_images(operation: str, x: Any) -> None:
    check_initialized(operation, x)
    if getattr(x, "ndim", 0) != 4:
        raise ValueError(
            f"{operation}: expected images of shape (N, C, H, W), got {describe(x)}. "
            "Give them four axes with reshape: N images of one channel have the shape "
            "(N, 1, H, W), and one image (1, C, H, W). (See chapter 17.)"
        )


def check_pair(operation: str, argument: str, value: Any, smallest: int) -> tuple[int, int]:
    """Return a number for height and width, or a pair of them, as a pair."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all([is_whole(n) and n >= smallest for n in pair]):
        raise ValueError(
            f"{operation}: expected {argument} as a whole number not below {smallest} or a pair "
            f"of them, got {value if isinstance(value, tuple | list) else describe(value)}. "
            "Write 2, or (2, 3) if height and width differ. (See chapter 17.)"
        )
    return pair


def check_pairs(operation: str, ksize: Any, stride: Any, pad: Any, dilate: Any) -> Any:
    return (
        check_pair(operation, "ksize", ksize, 1),
        check_pair(operation, "stride", stride, 1),
        check_pair(operation, "pad", pad, 0),
        check_pair(operation, "dilate", dilate, 1),
    )


def check_grid(operation: str, grid: Any, image: Any, pairs: Any) -> None:
    if min(grid) < 1:
        ksize, _, pad, dilate = pairs
        apart = f" and dilate {dilate}" if max(dilate) > 1 else ""
        raise ValueError(
            f"{operation}: expected images not smaller than a window, got height and width "
            f"{tuple(image)} for windows of {ksize}, with pad {pad}{apart}. "
            "Choose a smaller ksize, or a larger pad. (See chapter 17.)"
        )


def check_inside(operation: str, windows: Any) -> None:
    """See that no window of a pooling lies in the padding alone."""
    for n, many, k, s, p, _ in zip(*windows):
        if p >= k or (many - 1) * s - p >= n:
            raise ValueError(
                f"{operation}: expected each window to see a part of the image, got one that "
                f"does not, with ksize {windows.ksize}, stride {windows.stride} and pad "
                f"{windows.pad}. Choose a pad below ksize, and a stride not above it or "
                "cover_all=False. (See chapter 17.)"
            )


def check_groups(operation: str, groups: Any, **channels: Any) -> None:
    if not is_whole(groups) or groups < 1:
        raise ValueError(
            f"{operation}: expected groups as a whole number above 0, got {describe(groups)}. "
            "Pass 1 to have all channels together. (See chapter 17.)"
        )
    for name, n in channels.items():
        if n % groups:
            raise ValueError(
                f"{operation}: expected {name} to be a multiple of groups={groups}, got {n}. "
                "Choose groups such that each has equally many channels. "
                "(See chapter 17.)"
            )


def check_filters(operation: str, x: Any, W: Any, b: Any, groups: Any) -> None:
    """Check x (N, C, H, W), b (O,), and W: (O, C, kh, kw), or for a deconvolution (C, O, ...)."""
    check_images(operation, x)
    check_initialized(operation, W)
    back = operation == "deconvolution_2d"
    axes = "(C, O // groups, kh, kw)" if back else "(O, C // groups, kh, kw)"
    if getattr(W, "ndim", 0) != 4 or 0 in W.shape:
        raise ValueError(
            f"{operation}: expected W of shape {axes}, got {describe(W)}. Give it one small "
            "image of weights for each pair of an output and an input channel. "
            "(See chapter 17.)"
        )
    check_groups(operation, groups, **{"W.shape[0]": W.shape[0]})
    C, out = W.shape[0], W.shape[1] * groups
    if not back:
        C, out = W.shape[1] * groups, W.shape[0]
    if x.shape[1] != C:
        raise ValueError(
            f"{operation}: expected x with {C} channels, for W of shape {W.shape} and "
            f"groups={groups}, got {x.shape[1]} in shape {x.shape}. "
            "Give x its channels on axis 1: is a transpose missing? (See chapter 17.)"
        )
    if b is not None and getattr(b, "shape", None) != (out,):
        raise ValueError(
            f"{operation}: expected b of shape ({out},), got {shape_of(b)}. "
            "Give it one number for each channel of the output. (See chapter 17.)"
        )


def check_outsize(outsize: Any, usual: Any, stride: Any) -> Any:
    """Return height and width of the images that deconvolution_2d makes."""
    given = (
        tuple(usual) if outsize is None else check_pair("deconvolution_2d", "outsize", outsize, 1)
    )
    if min(given) < 1:
        raise ValueError(
            f"deconvolution_2d: expected images to be left, got height and width {given} without "
            "the pad. Choose a smaller pad. (See chapter 17.)"
        )
    if not all([abs(n - u) < s for n, u, s in zip(given, usual, stride)]):
        raise ValueError(
            f"deconvolution_2d: expected an outsize less than the stride {stride} away from the "
            f"usual {tuple(usual)}, got {given}. Pass None to have the usual one. "
            "(See chapter 17.)"
        )
    return given


# ---- losses ----


def check_same_shape(function: Function, x0: Any, x1: Any) -> None:
    if shape_of(x0) != shape_of(x1):
        raise ValueError(
            f"{function.label}: expected two arrays of one shape, got {shape_of(x0)} and "
            f"{shape_of(x1)}. Stretching would hide a mistake: reshape one. (See chapter 8.)"
        )


def check_labels(operation: str, x: Any, t: Any, ignore_label: int | None) -> bool:
    """Check the scores x (N, C, ...) against labels t (N, ...); say if none is ignored."""
    check_label_array(operation, x, t, ignore_label)
    return check_classes(operation, x.shape[1], t, ignore_label)


def check_label_array(operation: str, x: Any, t: Any, ignore_label: int | None) -> None:
    """Check what can be said of labels without a look at the numbers."""
    shape: tuple[int, ...] = getattr(x, "shape", ())
    if len(shape) < 2:
        do = "Make a single row a mini-batch with x.reshape(1, -1)."
        if getattr(x, "dtype", np.dtype(float)).kind in "iu":
            do = "Pass the scores themselves, not the answers that argmax makes of them."
        if x is None:
            do = "Look for a `return` that is missing in forward."
        raise ValueError(
            f"{operation}: expected scores of shape (N, C), got {describe(x)}. {do} "
            "(See chapter 14.)"
        )
    if ignore_label is not None and not is_whole(ignore_label):
        raise TypeError(
            f"{operation}: expected ignore_label as a whole number, got "
            f"{describe(ignore_label)}. Pass -1, the usual one. (See chapter 14.)"
        )
    if not hasattr(t, "dtype") or t.dtype.kind not in "iu":
        do = "Number the classes 0, 1, 2, ...: np.array(..., dtype=np.int32)."
        if getattr(t, "shape", None) == shape:
            do = "Make class numbers of one-hot rows with t.argmax(axis=1)."
        raise TypeError(
            f"{operation}: expected labels as an array of int, got {describe(t)}. {do} "
            "(See chapter 14.)"
        )
    check_backend(operation, x, t)
    if t.shape != shape[:1] + shape[2:] and not trailing_ones(operation, x, t):
        do = "Give each row its own label, and no row without one."
        if t.shape == shape:
            do = "Make class numbers of one-hot rows with t.argmax(axis=1)."
        elif t.size == math.prod(shape[:1] + shape[2:]):
            do = "Give the labels this shape with reshape."
        raise ValueError(
            f"{operation}: expected one label for each row of x, shape "
            f"{shape[:1] + shape[2:]}, got {t.shape}. {do} (See chapter 14.)"
        )


def check_classes(operation: str, columns: int, t: Any, ignore_label: int | None) -> bool:
    """Check that each label is the number of a column, or ignored; say if none is ignored."""
    # Read as a number without sign, a negative label is a very large one.
    if not t.size or t.astype("u8").max() < columns:
        return ignore_label is None or not 0 <= ignore_label < columns
    wrong = [n for n in t.ravel().tolist() if not 0 <= n < columns and n != ignore_label]
    if wrong:
        known = f"labels from 0 to {columns - 1}" if columns else "no labels"
        raise ValueError(
            f"{operation}: expected {known}, as there are scores for {columns}, got {wrong[0]}. "
            "Count the classes from 0, and make one score for each of them. (See chapter 14.)"
        )
    return False


def trailing_ones(operation: str, x: Any, t: Any) -> bool:
    """Tell whether accuracy may take x (N, C, 1, 1) with t (N,), as Chainer does."""
    return operation == "accuracy" and t.shape == x.shape[:1] and set(x.shape[2:]) == {1}


def check_class_weight(x: Any, weight: Any, is_array_type: IsArrayType) -> None:
    check_backend("softmax_cross_entropy", x, weight)
    alike = is_array_type(type(weight)) and weight.dtype == x.dtype
    if not alike or weight.shape != x.shape[1:2]:
        raise TypeError(
            f"softmax_cross_entropy: expected class_weight as a {x.dtype} array of shape "
            f"{x.shape[1:2]}, got {describe(weight)}. Give it one number for each class. "
            "(See chapter 14.)"
        )


def check_choice(
    operation: str, argument: str, value: Any, choices: Sequence[str], chapter: int
) -> None:
    if value not in choices:
        raise ValueError(
            f"{operation}: expected {argument} to be {' or '.join(map(repr, choices))}, "
            f"got {value!r}. Pass one of these. (See chapter {chapter}.)"
        )


def check_weights(operation: str, x: Any, weights: Any, axis: Any) -> None:
    if not hasattr(weights, "shape"):
        raise TypeError(
            f"{operation}: expected weights as a Variable or an array, got {describe(weights)}. "
            "Pass other arguments by name, as in keepdims=True. (See chapter 7.)"
        )
    if weights.ndim == 1 and x.ndim > 1 and not is_whole(axis):
        raise ValueError(
            f"{operation}: expected weights of the shape of x, {x.shape}, if axis is {axis!r}, got "
            f"{weights.shape}. Name a single axis, as in axis=0, or stretch the weights with "
            "broadcast_to. (See chapter 7.)"
        )


def check_number(operation: str, argument: str, value: Any, chapter: int) -> None:
    if not is_number(value):
        raise TypeError(
            f"{operation}: expected {argument} as a number, got {describe(value)}. "
            f"Pass an int or a float. (See chapter {chapter}.)"
        )


def check_positive(operation: str, argument: str, value: Any, do: str, chapter: int) -> None:
    if not is_number(value) or not 0 < value < math.inf:
        raise ValueError(
            f"{operation}: expected {argument} as a number above 0, got {describe(value)}. "
            f"{do} (See chapter {chapter}.)"
        )


def check_flag(operation: str, argument: str, value: Any, chapter: int) -> None:
    if not isinstance(value, bool | np.bool_):
        raise TypeError(
            f"{operation}: expected {argument} to be True or False, got {describe(value)}. "
            f"Name the arguments, as in {argument}=True. (See chapter {chapter}.)"
        ) from None


def check_one_axis(operation: str, axis: Any) -> None:
    if not is_whole(axis):
        raise TypeError(
            f"{operation}: expected axis as one whole number, got {describe(axis)}. "
            "Pass the axis that goes over the classes, 1 as a rule. (See chapter 7.)"
        )


# ---- links and optimizers ----


ZEROGRADS = (
    "zerograds: expected cleargrads, got the deprecated name. Call cleargrads(): it sets "
    "gradients to None, which needs no memory. (See chapter 10.)"
)


def check_initial(array: Any, shape: tuple[int, ...]) -> Any:
    """Return an array given as first value of a parameter, if it has `shape`."""
    if array.shape != shape:
        raise ValueError(
            f"Parameter: expected an initial array of shape {shape}, got {array.shape}. "
            "Give it that shape: in Linear, W has (out_size, in_size), b (out_size,). "
            "(See chapter 11.)"
        )
    return array


def check_filled(initializer: Any, returned: Any) -> None:
    if returned is not None:
        raise TypeError(
            "Parameter: expected an initializer that fills the array it is called with, got one "
            f"that returned {describe(returned)}. Write array[...] = ... in it, and return "
            "nothing. (See chapter 10.)"
        )


def check_initializer(initializer: Any) -> None:
    if initializer is None or is_number(initializer):
        return
    if not callable(initializer) or isinstance(initializer, type):
        raise TypeError(
            "Parameter: expected an array, a number or an initializer as first value, got "
            f"{describe(initializer)}. Write np.array(...) or initializers.Constant(0). "
            "(See chapter 10.)"
        )


def check_fans(operation: str, shape: tuple[int, ...]) -> None:
    if len(shape) < 2 or 0 in shape:
        raise ValueError(
            f"{operation}: expected an array of shape (out, in), none of them 0, got shape "
            f"{shape}. Use a number such as 0 for a bias. (See chapter 11.)"
        )


def check_sizes(link: str, in_size: Any, out_size: Any) -> None:
    if not is_whole(out_size) or out_size < 1:
        raise ValueError(
            f"{link}: expected out_size as a whole number above 0, got {describe(out_size)}. "
            f"Write {link}(in_size, out_size), or {link}(out_size) to have in_size taken from "
            "the first mini-batch. (See chapter 11.)"
        )
    if in_size is not None and (not is_whole(in_size) or in_size < 1):
        raise ValueError(
            f"{link}: expected in_size as a whole number above 0 or None, got "
            f"{describe(in_size)}. Pass the number of columns of x; it must have some. "
            "(See chapter 11.)"
        )


def check_channels(link: str, in_channels: Any, out_channels: Any, groups: Any) -> None:
    channels = {"out_channels": out_channels}
    if in_channels is not None:
        channels["in_channels"] = in_channels
    for name, n in channels.items():
        if not is_whole(n) or n < 1:
            raise ValueError(
                f"{link}: expected {name} as a whole number above 0, got {describe(n)}. Write "
                f"{link}(in_channels, out_channels, ksize), or {link}(out_channels, ksize) to have "
                "in_channels taken from the first mini-batch. (See chapter 17.)"
            )
    check_groups(link, groups, **channels)


def check_super_init(link: Link) -> None:
    if "_within_init_scope" not in link.__dict__:
        name = type(link).__name__
        raise RuntimeError(
            f"{name}: expected Link.__init__ to have run, got a link without. Write "
            f"super().__init__() as the first line of {name}.__init__. (See chapter 10.)"
        )


def no_forward(link: Link) -> NoReturn:
    name = type(link).__name__
    raise NotImplementedError(
        f"{name}: expected a method `forward`, got none. "
        f"Write `def forward(self, x)` in class {name}; a call runs it. (See chapter 10.)"
    )


def check_name(link: Link, name: str) -> None:
    if link.__dict__.get(name) is not None or hasattr(type(link), name):
        raise AttributeError(
            f"{type(link).__name__}: expected a new name for a parameter or link, got {name!r}, "
            "which is taken. Choose another. (See chapter 10.)"
        )


def check_assigned(link: Link, name: str, value: Any, Parameter: type, Link: type) -> None:
    """Refuse a value that would quietly take the place of a parameter or a child."""
    own, kind = link.__dict__, type(link).__name__
    if name in own.get("_params", ()) and not isinstance(value, Parameter):
        raise TypeError(
            f"{kind}.{name}: expected a Parameter, got {describe(value)}. Assign an array to "
            f"its data, {name}.data; to take the Parameter away, `del` it first. (See chapter 10.)"
        )
    if name in own.get("_children", ()) and not isinstance(value, Link):
        raise TypeError(
            f"{kind}.{name}: expected a Link, got {describe(value)}. "
            "To take the Link away, `del` it first. (See chapter 10.)"
        )
    within = own.get("_within_init_scope", False)
    if within and "_children" not in own and isinstance(value, Link):
        raise TypeError(
            f"{kind}.{name}: expected a Parameter, got {describe(value)}. "
            f"Make {kind} a Chain: a Chain is made of Links. (See chapter 10.)"
        )
    if "_params" in own and "_children" not in own and isinstance(value, Link):
        warnings.warn(outside_init_scope(link, name, value), stacklevel=3)
    if within and hasattr(value, "creator") and not isinstance(value, Parameter):
        warnings.warn(no_parameter(link, name), stacklevel=4 if "_children" in own else 3)
    container = isinstance(value, list | tuple | dict) and "_params" in own
    if container and not names_its_own(link, Link):
        held = value.values() if isinstance(value, dict) else value
        mine = set(map(id, own.values()))
        if any([isinstance(item, (Parameter, Link)) and id(item) not in mine for item in held]):
            line = 4 if "_children" in own else 3  # a Chain comes here by one call more
            warnings.warn(inside_a_container(link, name, value), stacklevel=line)


def names_its_own(link: Link, Link: type) -> bool:
    """Tell whether the class says by itself which children it has: it may keep them in a list."""
    if "_children" in link.__dict__ or "_layers" in link.__dict__:  # Chain and ChainList say it
        return False
    plain = getattr(Link, "_named_children", None)  # a Link of chapter 10 has none yet
    return plain is None or type(link)._named_children is not plain


def inside_a_container(link: Link, name: str, value: Any) -> str:
    kind = type(value).__name__
    return (
        f"{type(link).__name__}.{name}: expected each Parameter and each Link as an attribute of "
        f"its own, got a {kind} of them. What is in a {kind} is not registered, so cleargrads and "
        "optimizers do not see it. Put Links into a ChainList. (See chapter 12.)"
    )


def no_parameter(link: Link, name: str) -> str:
    return (
        f"{type(link).__name__}.{name}: expected a Parameter inside `with self.init_scope():`, got "
        "a plain Variable. It is not registered, so cleargrads and optimizers do not see it: write "
        "Parameter in place of Variable. (See chapter 10.)"
    )


def outside_init_scope(link: Link, name: str, value: Any) -> str:
    kind = type(value).__name__
    return (
        f"{type(link).__name__}.{name}: expected a {kind} to be assigned inside `with "
        "self.init_scope():`, got it outside. It is not registered, so cleargrads and "
        "optimizers do not see it: move the line into the block. (See chapter 10.)"
    )


#: What links are called in PyTorch -> what to write here.
def no_attribute(link: Link, name: str, comes_later: bool) -> NoReturn:
    kind = type(link).__name__
    if name in ("_params", "_later", "_children", "_layers", "_within_init_scope"):
        check_super_init(link)
    if not comes_later:
        do = renamed("Link", name) or "Check the spelling, and that __init__ sets it."
        raise AttributeError(
            f"{kind}: expected the name of an attribute, got {name!r}. {do} (See chapter 10.)",
            name=name,
            obj=link,
        )
    raise AttributeError(
        f"{kind}.{name}: expected a first mini-batch, which tells its size, got none. "
        "Call the link on a mini-batch first. (See chapter 11.)",
        name=name,
        obj=link,
    )


# ---- links made of links ----


def check_child(operation: str, link: Any, Link: type) -> None:
    if not isinstance(link, Link):
        raise TypeError(
            f"{operation}: expected a Link, got {describe(link)}. Make an instance, such as "
            "L.Linear(3, 2); a function such as F.relu goes into a Sequential. (See chapter 12.)"
        )


def check_layer(layer: Any, Link: type) -> None:
    if not callable(layer) or isinstance(layer, type):
        raise TypeError(
            f"Sequential: expected a Link or a function, got {describe(layer)}. "
            "Pass an instance, such as L.Linear(3, 2), or F.relu without (). (See chapter 12.)"
        )


def check_layers(link: Any) -> None:
    if len(link) == 0:
        raise RuntimeError(
            "Sequential: expected at least one layer to call, got none. "
            "Give it one with append. (See chapter 12.)"
        )


def check_no_circle(link: Any, child: Link) -> None:
    check_super_init(child)
    if any(below is link for below in child.links()):
        kind = type(link).__name__
        raise ValueError(
            f"{kind}: expected links that do not hold this {kind}, got one that does. "
            "Let links point one way only: from the whole to its parts. (See chapter 12.)"
        )


def check_child_name(link: Any, name: Any) -> None:
    if name not in link._children:
        kind, names = type(link).__name__, ", ".join(link._children) or "nothing"
        raise AttributeError(
            f"{kind}: expected the name of a child ({names}), got {name!r}. "
            "Check the spelling. (See chapter 12.)"
        )


def check_persistent(link: Link, name: str) -> None:
    check_super_init(link)
    if name not in link.__dict__:
        raise AttributeError(
            f"register_persistent: expected the name of an attribute, got {name!r}. "
            "Assign it first, or use add_persistent. (See chapter 16.)"
        )


def check_not_learnt(operation: str, value: Any, Parameter: type, Link: type) -> None:
    if isinstance(value, Parameter | Link):
        raise TypeError(
            f"{operation}: expected a value that is not learnt, got a {type(value).__name__}. "
            "Parameters and Links are saved anyway: assign them inside init_scope. "
            "(See chapter 16.)"
        )


def check_shared(link: Link, mode: str) -> None:
    """Refuse to share arrays that are not there yet: each copy would get its own."""
    for path, below in link.namedlinks() if mode == "share" else ():
        ready = [name for name, param in below._own_params() if param.is_initialized]
        if ready != below._params:
            raise RuntimeError(
                f"copy: expected arrays to share, got {path}, which waits for its first "
                "mini-batch. Call the link on a mini-batch first, or use mode='copy'. "
                "(See chapter 12.)"
            )


def check_built_alike(operation: str, link: Link, other: Any, Link: type) -> None:
    """Refuse two links whose parameters do not correspond to each other."""
    check_child(operation, other, Link)
    mine, others = [
        [f"{path}: {', '.join([*x._params, *x._persistent])}" for path, x in y.namedlinks()]
        for y in (link, other)
    ]
    if mine != others:
        mine, others = [[text for text in x if text[-2:] != ": "] for x in (mine, others)]
        raise ValueError(
            f"{operation}: expected a link with {'; '.join(mine) or 'nothing'}, got one with "
            f"{'; '.join(others) or 'nothing'}. Make both by the same class, or by "
            "copy. (See chapter 12.)"
        )
    params = dict(link.namedparams(include_uninit=False))
    for path, param in other.namedparams(include_uninit=False):
        if path in params and params[path].shape != param.shape:
            raise ValueError(
                f"{operation}: expected {path} of shape {params[path].shape}, got {param.shape}. "
                "Make both links with the same sizes. (See chapter 12.)"
            )
    for (path, x), y in zip(link.namedlinks(), other.links(), strict=True):
        for name in x._persistent if operation == "copyparams" else ():
            mine, others = x.__dict__[name], y.__dict__[name]
            shape, other_shape = (getattr(value, "shape", ()) for value in (mine, others))
            if mine is not None and others is not None and shape != other_shape:
                raise ValueError(
                    f"{operation}: expected {path.rstrip('/')}/{name} of shape {shape}, got "
                    f"{other_shape}. Make both links with the same sizes. (See chapter 12.)"
                )


def check_there(operation: str, path: str, params: Any) -> None:
    if path not in params or not params[path].is_initialized:
        raise ValueError(
            f"{operation}: expected {path} to be there, got a link that waits for its first "
            "mini-batch. Call copyparams first. (See chapter 12.)"
        )


def check_repeat(n_repeat: Any) -> None:
    if not is_whole(n_repeat) or n_repeat < 0:
        raise ValueError(
            f"repeat: expected a whole number that is not negative, got {describe(n_repeat)}. "
            "Pass the number of copies, such as 3. (See chapter 12.)"
        )


# ---- optimizers ----


def check_link(optimizer: Any, link: Any, Link: type) -> None:
    if not isinstance(link, Link):
        raise TypeError(
            f"{type(optimizer).__name__}.setup: expected a Link or a Chain, got "
            f"{describe(link)}. Pass the model itself, not its parameters. "
            "(See chapter 13.)"
        )
    top: Any = link
    known = {*map(id, top.links()), *map(id, top.params())}
    for below in top.links():
        for name, value in vars(below).items():
            if isinstance(value, list | tuple | dict) and not names_its_own(below, Link):
                if any(id(x) not in known for x in held_in(value, Link)):
                    warnings.warn(inside_a_container(below, name, value), stacklevel=3)


def held_in(container: Any, Link: type) -> list[Any]:
    """Return the Links and Parameters in a list, tuple or dict, and in those inside it."""
    found, todo, seen = [], [container], set()
    while todo:
        x = todo.pop()
        if isinstance(x, Link) or hasattr(x, "is_initialized"):
            found.append(x)
        elif isinstance(x, list | tuple | dict) and id(x) not in seen:
            seen.add(id(x))
            todo.extend(x.values() if isinstance(x, dict) else x)
    return found


def check_target(optimizer: Any, method: str) -> None:
    if optimizer.target is None:
        raise RuntimeError(
            f"{type(optimizer).__name__}.{method}: expected a link to update, got none. "
            "Call optimizer.setup(model) first. (See chapter 13.)"
        )


def no_optimizer_attribute(optimizer: Any, name: str) -> NoReturn:
    kind = type(optimizer).__name__
    if name.startswith("_"):  # Python and IPython ask for these, people do not
        raise AttributeError(f"{kind} has no attribute {name!r}", name=name)
    do = renamed("Optimizer", name) or spelling_of_attribute(optimizer, name)
    raise AttributeError(
        f"{kind}: expected the name of an attribute, got {name!r}. {do} (See chapter 13.)",
        name=name,
        obj=optimizer,
    )


def check_hyperparameter(optimizer: Any, name: str) -> None:
    """Refuse to set, by the name of another library, what would then never be read."""
    if optimizer.target is not None and name in OTHER_LIBRARIES["Optimizer"]:
        getattr(optimizer, name)  # raises if it is not there


def nothing_moved(optimizer: Any) -> None:
    """Warn of an update that found no gradient. By default Python shows this once for a line."""
    warnings.warn(no_gradients(optimizer), stacklevel=3)


def no_gradients(optimizer: Any) -> str:
    return (
        f"{type(optimizer).__name__}.update: expected gradients, got none for any parameter, so "
        "nothing moves. Call loss.backward() first, for a loss that the link given to setup has "
        "computed. (See chapter 13.)"
    )


def check_lossfun(optimizer: Any, lossfun: Any) -> None:
    if not callable(lossfun):
        raise TypeError(
            f"{type(optimizer).__name__}.update: expected a function that returns the loss, got "
            f"{describe(lossfun)}. Call loss.backward() and then update(), or pass the function. "
            "(See chapter 13.)"
        )


def check_loss(optimizer: Any, loss: Any, Variable: type) -> None:
    if not isinstance(loss, Variable):
        raise TypeError(
            f"{type(optimizer).__name__}.update: expected lossfun to return a Variable, got "
            f"{describe(loss)}. Let it end with `return loss`. (See chapter 13.)"
        )


def check_above_zero(optimizer: Any, **hyperparams: Any) -> None:
    kind = type(optimizer).__name__
    for name, value in hyperparams.items():
        do = "Pass a small number, such as 0.01."
        if hasattr(value, "namedparams"):
            do = f"Pass the model to setup: {kind}().setup(model)."
        check_positive(kind, name, value, do, 13)


def check_below_one(optimizer: Any, **hyperparams: Any) -> None:
    for name, value in hyperparams.items():
        if not is_number(value) or not 0 <= value < 1:
            raise ValueError(
                f"{type(optimizer).__name__}: expected {name} as a number from 0 to below 1, got "
                f"{describe(value)}. Pass one such as 0.9. (See chapter 13.)"
            )


def check_not_negative(optimizer: Any, **hyperparams: Any) -> None:
    for name, value in hyperparams.items():
        if not is_number(value) or not 0 <= value < math.inf:
            raise ValueError(
                f"{type(optimizer).__name__}: expected {name} as a number of at least 0, got "
                f"{describe(value)}. Pass a finite one. (See chapter 13.)"
            )


def check_eps_fits(optimizer: Any, dtype: Any) -> None:
    if optimizer.eps and not dtype.type(optimizer.eps):
        raise ValueError(
            f"{type(optimizer).__name__}: expected eps as a number that {dtype} can hold, got "
            f"{optimizer.eps}. Pass a larger one, such as 1e-4, or use parameters of a wider "
            "dtype. (See chapter 13.)"
        )


def no_update_core(optimizer: Any) -> NoReturn:
    name = type(optimizer).__name__
    raise NotImplementedError(
        f"{name}: expected a method `update_core`, got none. Write `def update_core(self, data, "
        "grad, state)` in a class derived from Optimizer. (See chapter 13.)"
    )


def check_hook(optimizer: Any, hook: Any, name: Any, hooks: Any) -> None:
    where = f"{type(optimizer).__name__}.add_hook"
    if not callable(hook) or isinstance(hook, type):
        raise TypeError(
            f"{where}: expected something to call with the optimizer, got {describe(hook)}. "
            "Pass an instance, such as WeightDecay(1e-4). (See chapter 13.)"
        )
    if not isinstance(name, str):
        raise TypeError(
            f"{where}: expected a text as name of the hook, got {describe(name)}. "
            "Pass one, as in name='clip'. (See chapter 13.)"
        )
    if name in hooks:
        raise ValueError(
            f"{where}: expected a new name, got {name!r}, which is taken. "
            "Pass another as name, or call remove_hook first. (See chapter 13.)"
        )


def check_hook_name(optimizer: Any, name: Any, hooks: Any) -> None:
    if name not in hooks:
        raise ValueError(
            f"{type(optimizer).__name__}.remove_hook: expected the name of a hook "
            f"({', '.join(hooks) or 'there is none'}), got {name!r}. Check the spelling. "
            "(See chapter 13.)"
        )


def check_resumed(optimizer: Any, t: int, serializer: Any) -> None:
    """Called when `t` updates have become optimizer.t: refuse memory of what is not there."""
    for path, link in optimizer.target.namedlinks() if optimizer.t != t else ():
        where = serializer.path + f"{path}/".lstrip("/")
        waiting = [
            name
            for name in {**dict.fromkeys(link._params), **link._later}
            if not getattr(link.__dict__.get(name), "is_initialized", False)
            and any(f"{where}{name}/{state}" in serializer.npz for state in optimizer.state_names)
        ]
        if waiting:
            raise RuntimeError(
                f"{type(optimizer).__name__}.serialize: expected a link whose parameters are "
                f"there, got one where {path.rstrip('/')}/{waiting[0]} waits for its shape. "
                "Call load_npz on the link before its optimizer. (See chapter 16.)"
            )


# ---- dropout and batch normalization ----


def check_dropout(x: Any, ratio: Any, mask: Any) -> None:
    check_initialized("dropout", x)
    if not hasattr(x, "shape") or x.dtype.kind != "f":
        raise TypeError(
            f"dropout: expected a Variable or an array of floats, got {describe(x)}. "
            "Convert it with .astype(np.float32). (See chapter 16.)"
        )
    if not is_number(ratio) or not 0 <= ratio < 1:
        raise ValueError(
            f"dropout: expected ratio as a number from 0 to below 1, got {describe(ratio)}. "
            "Pass how large a share becomes 0: 0.5 is the usual one. (See chapter 16.)"
        )
    if mask is not None:
        check_backend("dropout", x, mask)
        if getattr(mask, "shape", None) != x.shape or mask.dtype != x.dtype:
            raise ValueError(
                f"dropout: expected mask as a {x.dtype} array of shape {x.shape}, got "
                f"{describe(mask)}. Pass one that return_mask=True gave. "
                "(See chapter 16.)"
            )


ONE_TO_NORMALIZE = (
    "batch_normalization: expected several numbers for each mean, got one. Use "
    'using_config("train", False) to predict: less its mean, a single number is always 0. '
    "(See chapter 16.)"
)


def check_normalized(operation: str, x: Any, axis: tuple[Any, ...], **given: Any) -> Any:
    """Return the shape that gamma must have: the axes of x that are not averaged over."""
    check_initialized(operation, x)
    if not hasattr(x, "shape"):
        raise TypeError(
            f"{operation}: expected x as a Variable or an array of shape (N, C), got "
            f"{describe(x)}. Put the rows into np.array(..., dtype=np.float32). "
            "(See chapter 16.)"
        )
    if not all(is_whole(i) and 0 <= i < x.ndim for i in axis) or len(set(axis)) < len(axis):
        raise ValueError(
            f"{operation}: expected axes of x from 0 to {x.ndim - 1}, each once, got axis={axis} "
            f"and shape {x.shape}. Pass those to average over: 0, the mini-batch, and for images "
            "2 and 3. (See chapter 16.)"
        )
    shape = tuple([n for i, n in enumerate(x.shape) if i not in axis])
    for name, array in given.items():
        if array is not None or not name.startswith("running"):
            check_backend(operation, x, getattr(array, "_data", array))
            check_like_x(operation, name, array, x, shape)
    return shape


def check_like_x(operation: str, name: str, array: Any, x: Any, shape: tuple[int, ...]) -> None:
    """Check one of gamma, beta, mean and var, or of the moving averages."""
    if getattr(array, "shape", None) != shape:
        raise ValueError(
            f"{operation}: expected {name} as an array of shape {shape}, got {describe(array)}. "
            f"Give it, or the size of the link, one number for each mean of x {x.shape}. "
            "(See chapter 16.)"
        )
    if name.startswith("running") and (hasattr(array, "node") or array.dtype.kind != "f"):
        raise TypeError(
            f"{operation}: expected {name} as an array of floats, as it is changed in place, got "
            f"{describe(array)}. Pass x.data, or make it with dtype=np.float32. (See chapter 16.)"
        )
    constant = hasattr(array, "node") != hasattr(x, "node")  # its dtype gives way
    if array.dtype != x.dtype and not constant and not name.startswith("running"):
        raise TypeError(
            f"{operation}: expected {name} of the dtype of x, {x.dtype}, got {array.dtype}. "
            f"Convert x once, where it is loaded, with .astype(np.{array.dtype}). "
            "(See chapter 16.)"
        )


def check_eps(operation: str, eps: Any) -> None:
    if not is_number(eps) or not 0 <= eps < math.inf:
        raise ValueError(
            f"{operation}: expected eps as a number not below 0, got {describe(eps)}. "
            "Pass 2e-5, the usual one. (See chapter 16.)"
        )


def check_batch(operation: str, x: Any, axis: tuple[int, ...], eps: Any, decay: Any) -> None:
    check_eps(operation, eps)
    if 0 in [x.shape[i] for i in axis]:
        raise ValueError(
            f"{operation}: expected at least one number for each mean, got shape {x.shape}. "
            "Skip an empty mini-batch. (See chapter 16.)"
        )
    if not is_number(decay) or not 0 <= decay <= 1:
        raise ValueError(
            f"{operation}: expected decay as a number from 0 to 1, got {describe(decay)}. "
            "Pass 0.9, the usual one. (See chapter 16.)"
        )


def check_normalization_link(size: Any, axis: Any, use_gamma: Any, use_beta: Any) -> None:
    check_flag("BatchNormalization", "use_gamma", use_gamma, 16)
    check_flag("BatchNormalization", "use_beta", use_beta, 16)
    sizes = size if isinstance(size, tuple) else (size,)
    known = all(is_whole(n) and n > 0 for n in sizes)
    if not known and (size is not None or axis is None):
        raise ValueError(
            "BatchNormalization: expected size as a whole number above 0 or a tuple of them, got "
            f"{describe(size)}. Pass how many columns or channels x has; or axis, to have it "
            "taken from the first mini-batch. (See chapter 16.)"
        )


def check_dtype(operation: str, dtype: Any) -> None:
    try:
        is_float = dtype is None or np.dtype(dtype).kind == "f"
    except TypeError:
        is_float = False
    if not is_float:
        raise TypeError(
            f"{operation}: expected dtype as a dtype of floats, got {describe(dtype)}. "
            "Pass np.float32, or leave it out. (See chapter 11.)"
        )


# ---- drawing, grad and gradient_check ----


def check_steps(y: Any) -> None:
    if not hasattr(y, "node"):
        raise TypeError(
            f"steps: expected a Variable of tinylinks, got {describe(y)}. Pass a result that was "
            "computed from tinylinks.Variable, not its array. (See chapter 5.)"
        )


def check_drawn(operation: str, outputs: Any) -> list[Any]:
    """Return what is to be drawn as a list of Variables."""
    outputs = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    wrong = [y for y in outputs if not hasattr(y, "creator")]
    if wrong or not outputs:
        raise TypeError(
            f"{operation}: expected a Variable or a list of them, got "
            f"{describe(wrong[0]) if wrong else 'an empty list'}. "
            "Pass the result of the computation, not its array. (See chapter 3.)"
        )
    return outputs


def no_matplotlib() -> NoReturn:
    raise ModuleNotFoundError(
        "draw: expected matplotlib, which makes the picture, got a Python without it. "
        "Call `pip install matplotlib`, or use to_dot, which needs nothing. (See chapter 3.)"
    ) from None


def check_variables(operation: str, argument: str, xs: Any, Variable: type) -> None:
    if not isinstance(xs, list | tuple) or not all(isinstance(x, Variable) for x in xs):
        raise TypeError(
            f"{operation}: expected {argument} as a list of Variables, got {describe(xs)}. "
            "Write [x] for a single one. (See chapter 19.)"
        )


def check_same_length(operation: str, argument: str, xs: Any, like: str, n: int) -> None:
    chapter = 19 if operation == "grad" else 7
    if not isinstance(xs, list | tuple) or len(xs) != n:
        raise ValueError(
            f"{operation}: expected {argument} as a list of {n}, one for each of {like}, got "
            f"{len(xs) if isinstance(xs, list | tuple) else describe(xs)}. "
            f"Put None where there is nothing to pass. (See chapter {chapter}.)"
        )


def check_floats(operation: str, argument: str, arrays: Any, is_array_type: IsArrayType) -> None:
    for x in arrays:
        if not is_array_type(type(x)) or x.dtype.kind != "f":
            raise TypeError(
                f"{operation}: expected {argument} as an array of floats or a tuple of them, got "
                f"{describe(x)}. Write np.array(..., dtype=np.float64). (See chapter 7.)"
            )


def check_func_outputs(operation: str, ys: Any, Variable: type) -> None:
    for y in ys:
        if not isinstance(y, Variable):
            raise TypeError(
                f"{operation}: expected func to return a Variable or a tuple of them, got "
                f"{describe(y)}. Compute with tinylinks.functions. (See chapter 7.)"
            )


def check_results(ys: Any) -> Any:
    """Return what `f` returned to numerical_grad, if it is a list of arrays."""
    if not isinstance(ys, list | tuple) or not all(hasattr(y, "dtype") for y in ys):
        raise TypeError(
            f"numerical_grad: expected f to return a list of arrays, got {describe(ys)}. "
            "Write lambda: [y], with y computed from the inputs. (See chapter 7.)"
        )
    return ys


# ---- data ----


def check_ndim(operation: str, ndim: Any) -> None:
    if not is_whole(ndim) or not 1 <= ndim <= 3:
        raise ValueError(
            f"{operation}: expected ndim as 1, 2 or 3, got {describe(ndim)}. Pass 1 for rows of "
            "64 numbers, 3 for pictures of shape (1, 8, 8). (See chapter 15.)"
        )


def check_examples(operation: str, arrays: Any, is_array_type: IsArrayType) -> int:
    """Return how many examples there are, if all arrays agree about that."""
    if not isinstance(arrays, list | tuple) or not arrays:
        raise TypeError(
            f"{operation}: expected at least one array, in a tuple, got {describe(arrays)}. "
            "Pass (x, t), or x and t to MiniBatches. (See chapter 15.)"
        )
    for array in arrays:
        if not is_array_type(type(array)) or not array.ndim:
            raise TypeError(
                f"{operation}: expected arrays with one row for each example, got "
                f"{describe(array)}. Convert it with np.array(...), or name the argument, as in "
                "seed=0. (See chapter 15.)"
            )
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise ValueError(
            f"{operation}: expected arrays of one length above 0, got lengths "
            f"{', '.join(map(str, lengths))}. Give each example one row in every array. "
            "(See chapter 15.)"
        )
    return lengths[0]


def check_share(share: Any, n: int) -> None:
    if not is_number(share) or not 0 < share < 1 or not 0 < round(n * share) < n:
        raise ValueError(
            "split: expected share as a number between 0 and 1 that leaves both parts some of the "
            f"{n} examples, got {describe(share)}. Pass 0.2 for one in five. "
            "(See chapter 15.)"
        )


def check_seed(operation: str, seed: Any) -> None:
    if seed is not None and (not is_whole(seed) or not 0 <= seed < 2**32):
        raise ValueError(
            f"{operation}: expected seed as a whole number from 0 to 2 ** 32 - 1, got "
            f"{describe(seed)}. Pass 0, or None for random numbers. (See chapter 15.)"
        )


def check_batch_size(batch_size: Any) -> None:
    if not is_whole(batch_size) or batch_size < 1:
        raise ValueError(
            "MiniBatches: expected batch_size as a whole number above 0, got "
            f"{describe(batch_size)}. Pass how many examples a mini-batch has. "
            "(See chapter 15.)"
        )


def check_same_examples(saved: Any, n: int) -> None:
    if saved != n:
        raise ValueError(
            f"MiniBatches: expected the position in {n} examples, got one in {saved}. "
            "Make the MiniBatches from the data that it was saved with. "
            "(See chapter 16.)"
        )


# ---- saving and loading ----


def check_file(operation: str, file: Any, method: str) -> None:
    """Refuse what is neither a path nor an open binary file with `method`, read or write."""
    if hasattr(file, method) and not isinstance(file, io.TextIOBase):
        return
    if not isinstance(file, str | os.PathLike) or file == "":
        raise TypeError(
            f"{operation}: expected a file name or an open binary file, got {describe(file)}. "
            f"Pass a name such as 'model.npz', or open the file in mode {method[0] + 'b'!r}. "
            "(See chapter 16.)"
        )
    if method == "read" and not os.path.isfile(file):
        raise FileNotFoundError(
            f"{operation}: expected the name of a file, got {os.fspath(file)!r}, which is none. "
            "Check the folder and the spelling: save_npz adds nothing to a name. "
            "(See chapter 16.)"
        )
    folder = os.path.dirname(file)
    if method == "write" and (os.path.isdir(file) or not os.path.isdir(folder or ".")):
        raise FileNotFoundError(
            f"{operation}: expected the name of a file in a folder that is there, got "
            f"{os.fspath(file)!r}. Make the folder first, with os.makedirs. "
            "(See chapter 16.)"
        )


def check_serializable(operation: str, obj: Any, *others: type) -> None:
    if isinstance(obj, type) or not (hasattr(obj, "serialize") or isinstance(obj, others)):
        raise TypeError(
            f"{operation}: expected a Link, an optimizer or another object with a method "
            f"serialize, got {describe(obj)}. Pass the model itself, not its arrays. "
            "(See chapter 16.)"
        )


def check_ignore_names(names: Any) -> list[Any]:
    """Return what to leave out as a list."""
    names = list(names) if isinstance(names, list | tuple) else [names]
    for name in names:
        if name is not None and not isinstance(name, str) and not callable(name):
            raise TypeError(
                "load_npz: expected ignore_names as a key, a function of a key, or a list of them, "
                f"got {describe(name)}. Pass a key such as 'l1/W'. (See chapter 16.)"
            )
    return names


def check_saved(key: str, value: Any, is_array_type: IsArrayType) -> None:
    kind = getattr(value, "dtype", None)
    if isinstance(value, bool | int | float | str):
        kind = np.asarray(value).dtype
    elif not isinstance(value, np.generic) and not is_array_type(type(value)):
        kind = None
    if value is not None and (kind is None or kind.kind not in "fiubU"):
        raise TypeError(
            f"save_npz: expected an array of numbers, a number or a text as {key!r}, got "
            f"{describe(value)}. Make it an array with np.array(...). (See chapter 16.)"
        )


@contextlib.contextmanager
def reading(file: Any) -> Iterator[None]:
    """Say of a file that is broken, in whatever way, that it is so."""
    try:
        yield
    except Exception:  # zipfile and NumPy raise a dozen kinds
        name = repr(os.fspath(file)) if isinstance(file, str | os.PathLike) else "one"
        raise ValueError(
            f"load_npz: expected a whole file that save_npz has written, got {name} that is "
            "damaged or of another kind. Check where it comes from: it has to be copied as "
            "binary, to its end. (See chapter 16.)"
        ) from None


def check_archive(archive: Any) -> dict[str, str]:
    """Return key -> name of all arrays in a file, or refuse it before much memory is used."""
    infos = archive.infolist()
    names = {info.filename.removesuffix(".npy"): info.filename for info in infos}
    strange = [info.filename for info in infos if not info.filename.endswith(".npy")]
    strange += [name for name in names.values() if ".." in name or name[0] in "/\\"]
    if strange or len(names) < len(infos):
        raise ValueError(
            "load_npz: expected a file of arrays, each with a name of its own, got "
            f"{f'an entry {strange[0]!r}' if strange else 'one name twice'}. "
            "Pass a file that save_npz has written. (See chapter 16.)"
        )
    size = sum(info.file_size for info in infos)
    if size > max(2**26, 100 * archive.start_dir):
        raise ValueError(
            f"load_npz: expected arrays about as large as the file, got {size} bytes packed into "
            f"{archive.start_dir}. Check where it comes from: such a file fills the memory. If it "
            "is your own, save it with compression=False. (See chapter 16.)"
        )
    return names


def check_absent(key: str, value: Any, npz: Any, strict: bool) -> None:
    if strict and not (key in npz and value is None):
        there = ", ".join(map(repr, itertools.islice(npz, 4)))
        got = f"none: it begins with {there}" if there else "none: it is empty"
        if key in npz:
            got = "an entry without numbers"
        raise ValueError(
            f"load_npz: expected an array {key!r} in the file, got {got}. Make the model as the "
            "saved one was made, choose another file, or pass strict=False to keep what it has. "
            "(See chapter 16.)"
        )


def check_loaded(key: str, array: Any, value: Any) -> None:
    if array.shape != value.shape:
        raise ValueError(
            f"load_npz: expected {key!r} of shape {value.shape}, got {array.shape}. "
            "Make the model with the sizes of the saved one. (See chapter 16.)"
        )
    is_text = "U" in (array.dtype.kind, value.dtype.kind) and array.dtype.kind != value.dtype.kind
    if is_text or not np.can_cast(array.dtype, value.dtype, "same_kind"):
        raise TypeError(
            f"load_npz: expected {key!r} of a dtype that fits {value.dtype}, got {array.dtype}. "
            "Make the model with the dtype of the saved one. (See chapter 16.)"
        )
