"""Sentences of optimizers and their hooks."""

from __future__ import annotations

import math
import warnings
from typing import Any, NoReturn

import numpy as np

from tinylinks.errors.link import inside_a_container, names_its_own
from tinylinks.errors.names import OTHER_LIBRARIES, renamed, spelling, spelling_of_attribute
from tinylinks.errors.words import describe, is_whole
from tinylinks.walk import see


def check_link(optimizer: Any, link: Any, Link: type) -> None:
    if not isinstance(link, Link):
        raise TypeError(
            f"{type(optimizer).__name__}.setup: expected a Link or a Chain, got "
            f"{describe(link)}. Pass the model itself, not its parameters. "
            f"{see('downhill')}"
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
            f"Call optimizer.setup(model) first. {see('downhill')}"
        )


def no_optimizer_attribute(optimizer: Any, name: str) -> NoReturn:
    kind = type(optimizer).__name__
    if name.startswith("_"):  # Python and IPython ask for these, people do not
        raise AttributeError(f"{kind} has no attribute {name!r}", name=name)
    do = other_name(name, vars(optimizer)) or spelling_of_attribute(optimizer, name)
    raise AttributeError(
        f"{kind}: expected the name of an attribute, got {name!r}. {do} {see('downhill')}",
        name=name,
        obj=optimizer,
    )


def other_name(name: str, names: Any) -> str:
    """Say what to write for a name of another library; `names` are those that there are."""
    rates = [rate for rate in ("lr", "alpha") if rate in names]
    if rates and name in ("lr", "alpha", "learning_rate"):
        return f"Other libraries call it so: write {rates[0]}."
    return renamed("Optimizer", name)


def check_hyperparameter(optimizer: Any, name: str) -> None:
    """Refuse to set, by the name of another library, what would then never be read."""
    if name in OTHER_LIBRARIES["Optimizer"] and optimizer.target is not None:
        getattr(optimizer, name)  # raises if it is not there


def check_moved(optimizer: Any, moving: Any, before: Any) -> None:
    """Warn of an update that moved nothing. By default Python shows this once for a line."""
    if not moving:
        frozen = any(param.grad is not None for param in optimizer.target.params())
        warnings.warn(all_frozen(optimizer) if frozen else no_gradients(optimizer), stacklevel=3)
    elif before and any((grad != 0).any() for _, grad, _ in moving):
        if all((data == old).all() for (data, _, _), old in zip(moving, before, strict=True)):
            warnings.warn(nothing_changed(optimizer), stacklevel=3)


def at_the_first_update(optimizer: Any, moving: Any) -> list[Any]:
    """Copy the arrays that an `update_core` of the user is to change, at the first update."""
    if optimizer.t or type(optimizer).update_core.__module__ == "tinylinks.optimizers":
        return []
    if not all([vars(optimizer).get(rate, 1) for rate in ("lr", "alpha")]):
        return []  # a warm-up begins with a learning rate of 0
    return [data.copy() for data, _, _ in moving]


def all_frozen(optimizer: Any) -> str:
    return (
        f"{type(optimizer).__name__}.update: expected parameters that may move, got none: all that "
        "have a gradient are frozen. Call enable_update of the link, or set update_enabled of a "
        f"parameter to True. {see('downhill')}"
    )


def nothing_changed(optimizer: Any) -> str:
    return (
        f"{type(optimizer).__name__}.update_core: expected data to be changed in place, got all of "
        "it as it was. Write `data -= ...` or `data[...] = ...`: after `data = ...` only the name "
        f"means another array. {see('downhill')}"
    )


def no_gradients(optimizer: Any) -> str:
    return (
        f"{type(optimizer).__name__}.update: expected gradients, got none for any parameter, so "
        "nothing moves. Call loss.backward() first, for a loss that the link given to setup has "
        f"computed. {see('downhill')}"
    )


def check_lossfun(optimizer: Any, lossfun: Any) -> None:
    if not callable(lossfun):
        raise TypeError(
            f"{type(optimizer).__name__}.update: expected a function that returns the loss, got "
            f"{describe(lossfun)}. Call loss.backward() and then update(), or pass the function. "
            f"{see('downhill')}"
        )


def check_loss(optimizer: Any, loss: Any, Variable: type) -> None:
    if not isinstance(loss, Variable):
        raise TypeError(
            f"{type(optimizer).__name__}.update: expected lossfun to return a Variable, got "
            f"{describe(loss)}. Let it end with `return loss`. {see('downhill')}"
        )


def is_setting(x: Any) -> bool:
    """Tell whether `x` is a real number, also one of NumPy or in an array of shape ()."""
    if isinstance(x, int | float):
        return not isinstance(x, bool) and x < 1e308  # a larger int is no float
    kind = getattr(getattr(x, "dtype", None), "kind", None)
    return kind in ("f", "i", "u") and x.shape == () and not hasattr(x, "node")


def check_below_one(optimizer: Any, **hyperparams: Any) -> None:
    for name, value in hyperparams.items():
        if not is_setting(value) or not 0 <= value < 1:
            raise ValueError(
                f"{type(optimizer).__name__}: expected {name} as a number from 0 to below 1, got "
                f"{describe(value)}. Pass one such as 0.9. {see('downhill')}"
            )


def check_not_negative(optimizer: Any, **hyperparams: Any) -> None:
    kind = type(optimizer).__name__
    for name, value in hyperparams.items():
        if not is_setting(value) or not 0 <= value < math.inf:
            do = "Pass a finite one, such as 0.01."
            if hasattr(value, "namedparams") or hasattr(value, "__next__"):
                do = f"Pass the model to setup: {kind}().setup(model)."
            raise ValueError(
                f"{kind}: expected {name} as a number of at least 0, got {describe(value)}. "
                f"{do} {see('downhill')}"
            )


def check_eps_fits(optimizer: Any) -> None:
    eps = optimizer.eps
    check_not_negative(optimizer, eps=eps)
    if 0 < eps < 1e-44:  # then it is 0 in float32
        for param in optimizer.target.params() if optimizer.target is not None else ():
            if param.grad is not None and param.dtype.itemsize <= 4:
                raise ValueError(
                    f"{type(optimizer).__name__}: expected eps as a number that float32 can hold, "
                    f"got {eps}. Pass a larger one, such as 1e-8, or use parameters of float64. "
                    f"{see('downhill')}"
                )


def check_settings(kind: Any, args: Any, kwds: Any) -> None:
    """Check the arguments of an optimizer before `__init__` does, for a better sentence."""
    import inspect

    init = kind.__init__
    signature = inspect.signature((lambda self: None) if init is object.__init__ else init)
    try:
        signature.bind_partial(None, *args, **kwds)
    except TypeError:
        names = list(signature.parameters)[1:]
        wrong = [name for name in kwds if name not in names]
        got = repr(wrong[0]) if wrong else f"{len(args) + len(kwds)} values"
        do = f"Pass the model to setup: {kind.__name__}(...).setup(model)."
        if wrong:
            do = other_name(wrong[0], names) or spelling(wrong[0], names)
        raise TypeError(
            f"{kind.__name__}: expected {', '.join(names) or 'no arguments'}, got {got}. {do} "
            f"{see('downhill')}"
        ) from None


def check_moves(optimizer: Any, param: Any, data: Any, grad: Any) -> None:
    """Check that a parameter can move: before the first one does."""
    kind = type(data)
    fits = type(grad) is kind and grad.shape == data.shape
    if fits and (kind is not np.ndarray or data.flags.writeable):
        return
    where, path = f"{type(optimizer).__name__}.update", path_of(optimizer, param)
    if type(grad) is not kind:
        raise TypeError(
            f"{where}: expected the gradient of {path} from {kind.__module__} like its data, got "
            f"one from {type(grad).__module__}. Move both with to_cpu or to_gpu of the model. "
            f"{see('gpu')}"
        )
    if grad.shape != data.shape:
        raise ValueError(
            f"{where}: expected a gradient of shape {data.shape} for {path}, got {grad.shape}. "
            f"Call cleargrads after you changed a shape, and walk back again. {see('downhill')}"
        )
    raise ValueError(
        f"{where}: expected an array that can be changed for {path}, got a read-only one. "
        f"Give the parameter a copy, as in param.data = array.copy(). {see('downhill')}"
    )


def path_of(optimizer: Any, param: Any) -> str:
    return next(path for path, other in optimizer.target.namedparams() if other is param)


def shape_changed(optimizer: Any, param: Any, array: Any) -> NoReturn:
    raise ValueError(
        f"{type(optimizer).__name__}: expected {path_of(optimizer, param)} with the shape "
        f"{array.shape} that it had at its last update, got {param.shape}. What is remembered of "
        f"it does not fit any more: call setup again. {see('downhill')}"
    )


def check_writeable(operation: str, grad: Any) -> None:
    if type(grad) is np.ndarray and not grad.flags.writeable:
        raise ValueError(
            f"{operation}: expected a gradient that can be changed, got a read-only array. "
            f"Assign a copy of it to grad. {see('downhill')}"
        )


def check_norm(hook: Any, optimizer: Any, norm: float) -> None:
    if not math.isfinite(norm):
        grads = [(path, param.grad) for path, param in optimizer.target.namedparams()]
        there = [(path, g) for path, g in grads if g is not None and g.size]
        paths = [path for path, g in there if not abs(g).max() < math.inf]
        raise FloatingPointError(
            f"{hook.name}: expected gradients of a finite length, got {norm}"
            f"{' because of ' + ' and '.join(paths[:3]) if paths else ''}. Nothing has moved: "
            f"look at the loss, or take a smaller learning rate. {see('downhill')}"
        )


def no_update_core(optimizer: Any) -> NoReturn:
    name = type(optimizer).__name__
    raise NotImplementedError(
        f"{name}: expected a method `update_core`, got none. Write `def update_core(self, data, "
        f"grad, state)` in a class derived from Optimizer. {see('downhill')}"
    )


def check_hook(optimizer: Any, hook: Any, name: Any, hooks: Any) -> None:
    where = f"{type(optimizer).__name__}.add_hook"
    if not callable(hook) or isinstance(hook, type):
        raise TypeError(
            f"{where}: expected something to call with the optimizer, got {describe(hook)}. "
            f"Pass an instance, such as WeightDecay(1e-4). {see('downhill')}"
        )
    if not isinstance(name, str):
        raise TypeError(
            f"{where}: expected a text as name of the hook, got {describe(name)}. "
            f"Pass one, as in name='clip'. {see('downhill')}"
        )
    if name in hooks:
        raise ValueError(
            f"{where}: expected a new name, got {name!r}, which is taken. "
            f"Pass another as name, or call remove_hook first. {see('downhill')}"
        )


def check_hook_name(optimizer: Any, name: Any, hooks: Any) -> None:
    if name not in hooks:
        raise ValueError(
            f"{type(optimizer).__name__}.remove_hook: expected the name of a hook "
            f"({', '.join(hooks) or 'there is none'}), got {name!r}. Check the spelling. "
            f"{see('downhill')}"
        )


def check_resumed(optimizer: Any, t: int, serializer: Any) -> None:
    """Called when `t` updates have become optimizer.t: refuse memory of what is not there."""
    counts = (optimizer.t, optimizer.epoch)
    if not all([is_whole(count) and count >= 0 for count in counts]):
        raise ValueError(
            f"{type(optimizer).__name__}.serialize: expected whole numbers as t and epoch, got "
            f"{' and '.join(map(describe, counts))}. Pass a file that save_npz has written of an "
            f"optimizer. {see('learnt')}"
        )
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
                f"Call load_npz on the link before its optimizer. {see('learnt')}"
            )
