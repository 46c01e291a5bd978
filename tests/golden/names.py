"""Record the public names of Chainer 7.8.1: of its modules, and of its classes for users.

    chainer39/bin/python tests/golden/names.py

README.md says how to get that Python. `../test_package.py` sees that none of them is called a
spelling mistake.
"""

import importlib
import inspect
import json
import pathlib

import chainer

MODULES = (
    "backend backends.cuda configuration dataset datasets function_hooks functions gradient_check "
    "initializers iterators link_hooks links optimizer_hooks optimizers serializers training "
    "training.extensions"
)
CLASSES = [
    chainer.Variable,
    chainer.Parameter,
    chainer.Link,
    chainer.Chain,
    chainer.ChainList,
    chainer.Sequential,
    chainer.optimizers.SGD,
    chainer.optimizers.MomentumSGD,
    chainer.optimizers.RMSprop,
    chainer.optimizers.Adam,
]


def public(thing):
    return [name for name in dir(thing) if not name.startswith("_")]


def written_here(value):
    """Tell whether a class or function is Chainer's, and not one that it imported."""
    is_code = inspect.isclass(value) or inspect.isfunction(value)
    return is_code and value.__module__.startswith("chainer")


def main():
    names = {"config": public(chainer.global_config)}
    names["chainer"] = [
        name
        for name in public(chainer)
        if written_here(getattr(chainer, name))
        or getattr(getattr(chainer, name), "__name__", "").startswith("chainer.")
    ]
    for path in MODULES.split():
        module = importlib.import_module("chainer." + path)
        names[path] = [name for name in public(module) if written_here(getattr(module, name))]
    names.update({kind.__name__: public(kind) for kind in CLASSES})
    path = pathlib.Path(__file__).with_name("names.json")
    lines = [f"{json.dumps(where)}: {json.dumps(names[where])}" for where in sorted(names)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
