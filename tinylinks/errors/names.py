"""What is said of a name that is not there: the right one, if it can be guessed."""

from __future__ import annotations

import dis
import inspect
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

from tinylinks.errors.chainer import of_chainer
from tinylinks.errors.variable import waits
from tinylinks.walk import see

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
        "requires_grad_": "update_enabled = False to freeze a Parameter",
        "to": "x.to_cpu() or x.to_gpu()",
        "tolist": "x.data.tolist()",
        "unsqueeze": "x.reshape(...)",
        "update_rule": "update_enabled = False to freeze a Parameter",
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
        "requires_grad_": "disable_update() or enable_update()",
        "save": "serializers.save_npz(path, model)",
        "state_dict": "serializers.save_npz",
        "summary": "print(model)",
        "to": "to_cpu() or to_gpu()",
        "train": 'using_config("train", True) in a with statement',
        "weight": "W",
        "zero_grad": "cleargrads()",
    },
    "Optimizer": {
        "adabound": "Adam, without it",
        "alpha": "lr",
        "alpha_t": "alpha",
        "amsgrad": "Adam, which has amsgrad and weight_decay_rate",
        "beta_1": "beta1",
        "beta_2": "beta2",
        "betas": "beta1 and beta2",
        "clipnorm": "add_hook(optimizer_hooks.GradientClipping(threshold))",
        "create_update_rule": "update_core",
        "epsilon": "eps",
        "hyperparam": "optimizer.lr, without hyperparam",
        "learning_rate": "lr, or alpha for Adam",
        "loss_scaling": "parameters of float32",
        "lr": "alpha",
        "momentum": "MomentumSGD(lr, momentum)",
        "param_groups": "target.params()",
        "reallocate_cleared_grads": "zerograds() of the model",
        "rho": "alpha",
        "state_dict": "serializers.save_npz",
        "step": "update()",
        "use_cleargrads": "update(lossfun), which clears in this way",
        "use_fp32_update": "update(): float16 moves in float32 anyway",
        "weight_decay": "weight_decay_rate of AdamW, or a hook: add_hook(WeightDecay(rate))",
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


# Names of arguments in other libraries -> what to write here.
OTHER_ARGUMENTS = {
    "Link": {
        "activation": "a function such as F.relu after the link",
        "affine": "use_gamma and use_beta",
        "beta_initializer": "initial_beta",
        "bias": "nobias=True to leave b out, initial_bias for its first values",
        "bias_attr": "nobias and initial_bias",
        "bias_initializer": "initial_bias",
        "center": "use_beta",
        "device": "to_gpu() when the link is made",
        "dilation": "dilate",
        "dilation_rate": "dilate",
        "dtype": "an initializer with that dtype, as in initialW=initializers.HeNormal(dtype=...)",
        "epsilon": "eps",
        "filters": "out_channels",
        "gamma_initializer": "initial_gamma",
        "in_dim": "in_size",
        "in_features": "in_size",
        "initial_W": "initialW",
        "initial_b": "initial_bias",
        "initialb": "initial_bias",
        "input_dim": "in_size",
        "input_size": "in_size",
        "kernel_initializer": "initialW",
        "kernel_size": "ksize",
        "momentum": "decay, which is 1 - momentum of PyTorch",
        "n_in": "in_size",
        "n_out": "out_size",
        "name": "the name of the attribute, inside init_scope",
        "num_features": "size",
        "out_dim": "out_size",
        "out_features": "out_size",
        "output_dim": "out_size",
        "output_padding": "outsize",
        "output_size": "out_size",
        "padding": "pad",
        "padding_mode": "pad: it is always zeros",
        "requires_grad": "disable_update(), which keeps the parameters as they are",
        "scale": "use_gamma",
        "strides": "stride",
        "trainable": "disable_update(), which keeps the parameters as they are",
        "track_running_stats": "nothing: the averages are always kept",
        "units": "out_size",
        "use_bias": "nobias=True to leave b out",
        "weight": "initialW",
    },
    "Variable": {
        "copy": "x.copy() for the array",
        "data": "the array as the first argument, without a name",
        "device": "to_gpu() when it is made",
        "dtype": "an array, or an initializer, of that dtype",
        "grad": "p.grad = ... when the Parameter is made",
        "init": "initializer",
        "initial_value": "the array as the first argument",
        "requires_grad": "disable_update() of the link: a Parameter always has a gradient",
        "size": "shape",
        "trainable": "requires_grad; for a Parameter disable_update() of its link",
        "value": "the array as the first argument",
        "volatile": "no_backprop_mode() around the computation",
    },
}


def check_keywords(kind: type, given: Any, family: str) -> None:
    """Refuse names of arguments that other libraries have, where `kind` has no such argument."""
    code = getattr(getattr(kind, "__init__", None), "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARKEYWORDS:  # it may take any name
        return
    mine = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    for name in given:
        if name not in mine and name in OTHER_ARGUMENTS[family]:
            raise TypeError(
                f"{kind.__name__}: expected the arguments {', '.join(mine)}, got {name!r}, a name "
                f"of other libraries. Write {OTHER_ARGUMENTS[family][name]}. {see('parameters')}"
            )


def no_name(where: str, name: str, names: Sequence[str], chapter: str) -> NoReturn:
    if str(name).startswith("__"):  # Python asks for these, people do not
        raise AttributeError(f"{where} has no attribute {name!r}", name=name)
    do = renamed("module", name) or elsewhere(str(name), names) or spelling(str(name), names)
    few = f"one of {', '.join(names)}" if len(names) <= 30 else "a name that is there"
    kind = ImportError if asked_by_import(sys._getframe(2)) else AttributeError
    raise kind(f"{where}: expected {few}, got {name!r}. {do} {see(chapter)}", name=name)


def asked_by_import(frame: FrameType) -> bool:
    """Tell whether ``from module import name`` asks for a name, in the code that runs in `frame`.

    Python would drop an AttributeError there, and say something shorter.
    """
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"


def renamed(kind: str, name: str) -> str:
    """Say what to write for a name that other libraries have, if it is one."""
    ours = OTHER_LIBRARIES[kind].get(name)
    return f"Other libraries call it so: write {ours}." if ours else of_chainer(name)


def elsewhere(name: str, names: Sequence[str]) -> str:
    """Say which other part of the library has this name, if one has."""
    if flat(name) in map(flat, names):
        return ""
    parts = ["", ".links", ".functions", ".optimizers", ".optimizer_hooks", ".serializers"]
    parts += [".initializers", ".datasets", ".gradient_check", ".backend"]
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
    chapter = "box"
    if name == "inputs":  # what Function.apply looks for first
        do = "To apply a Function, make an instance: write Fn().apply(x)."
        chapter = "history"
    raise AttributeError(
        f"{kind}: expected the name of an attribute, got {name!r}. {do} {see(chapter)}",
        name=name,
        obj=x,
    )
