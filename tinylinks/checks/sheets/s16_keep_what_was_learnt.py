"""Sheet 16: what is saved, what only a file remembers, what is dropped, and going on."""

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong


def saved(task, thing):
    """Return what a thing shows to a writer: {name: array}."""
    target = {}
    thing.serialize(task.lib.DictionarySerializer(target))
    return target


def loaded(task, thing, target):
    """Load a thing from what was saved, and return it."""
    thing.serialize(task.lib.NpzDeserializer(target))
    return thing


def data(y):
    """Return the array of a result, or say that it is no Variable."""
    if not hasattr(y, "creator"):
        kind = "None" if y is None else f"a value of type {type(y).__name__}"
        raise Mistake(f"your answer gives {kind}, expected a Variable.")
    return y.data


NAMES = """\
def names_in_file(n_layers, seen):
    names = []
    for i in range(n_layers):
        if seen:
            names.append(f"{i}/W")
        names.append(f"{i}/b")
    return names
"""


class names_in_file(Task):
    without = ("Linear", "Sequential")

    def compared(self, names_in_file, n_layers, seen):
        """Compare with what a model of this kind shows to a writer."""
        lib, layers = self.lib, []
        for _ in range(n_layers):
            layers += [lib.Linear(4), lib.tanh]
        model = lib.Sequential(*layers[:-1])
        if seen:
            model(self.array(5, 3, dtype=np.float32))
        said = f"names_in_file({n_layers}, {seen})"
        found = names_in_file(n_layers, seen)
        if not isinstance(found, list):
            kind = "None" if found is None else f"a value of type {type(found).__name__}"
            raise Mistake(f"{said} is {kind}, expected a list.")
        return said, found, list(saved(self, model))

    def check_after(self, names_in_file):
        """The numbers count layers that have something to save. Where do slashes stand?"""
        for n_layers in (1, 2, 3):
            yield self.compared(names_in_file, n_layers, True)

    def check_before(self, names_in_file):
        """Which of the two parameters waits for the first mini-batch, and which is there?"""
        for n_layers in (1, 2, 3):
            yield self.compared(names_in_file, n_layers, False)

    def check_many(self, names_in_file):
        """The layers come in their order, and 10 comes after 9."""
        yield self.compared(names_in_file, 12, False)
        yield self.compared(names_in_file, 11, True)

    wrongs = [
        Wrong("after", "a slash is in front", NAMES.replace('f"{i}', 'f"/{i}')),
        Wrong(
            "after",
            "tanh is counted as a layer that has something to save",
            NAMES.replace('f"{i}', 'f"{2 * i}'),
        ),
        Wrong(
            "after",
            "the layers are counted from 1",
            NAMES.replace("range(n_layers)", "range(1, n_layers + 1)"),
        ),
        Wrong(
            "after",
            "b comes before W",
            NAMES.replace('names.append(f"{i}/b")', 'names.insert(len(names) - seen, f"{i}/b")'),
        ),
        Wrong(
            "after",
            "the last layer is missing",
            NAMES.replace("range(n_layers)", "range(n_layers - 1)"),
        ),
        Wrong("after", "the layers have no numbers", NAMES.replace("{i}/", "")),
        Wrong(
            "after",
            "all W come first, and then all b",
            """\
def names_in_file(n_layers, seen):
    W = [f"{i}/W" for i in range(n_layers)] if seen else []
    return W + [f"{i}/b" for i in range(n_layers)]
""",
        ),
        Wrong(
            "before", "W is taken to be there from the start", NAMES.replace("if seen:", "if True:")
        ),
        Wrong(
            "before",
            "b is taken to come with the first mini-batch, as W does",
            NAMES.replace('        names.append(f"{i}/b")', '            names.append(f"{i}/b")'),
        ),
        Wrong(
            "before",
            "b waits, and W is there",
            NAMES.replace("if seen:", "if True:").replace(
                '        names.append(f"{i}/b")',
                """\
        if seen:
            names.append(f"{i}/b")""",
            ),
        ),
        Wrong(
            "before",
            "only the first layer waits, as if it knew the sizes of the others",
            NAMES.replace("if seen:", "if seen or i > 0:"),
        ),
        Wrong(
            "many",
            "the names are sorted as words, and 10 comes before 2",
            NAMES.replace("return names", "return sorted(names)"),
        ),
    ]


RUNNING = """\
class RunningMax(Link):
    def __init__(self, size):
        super().__init__()
        self.add_persistent("largest", np.zeros(size, np.float32))

    def forward(self, x):
        x = as_variable(x)
        if config.train:
            seen = abs(x.data).max(axis=0)
            self.largest[...] = np.maximum(self.largest, seen)
        return x / self.largest
"""


class RunningMax(Task):
    def batches(self, count, size=3):
        return [self.array(5, size, dtype=np.float32) for _ in range(count)]

    def ready(self, RunningMax, *batches):
        """Return a link that has seen these mini-batches."""
        link = RunningMax(batches[0].shape[1])
        for x in batches:
            link(self.lib.Variable(x))
        if not isinstance(getattr(link, "largest", None), np.ndarray):
            raise Mistake("your link has no array `largest`.")
        return link

    def largest(self, *batches):
        return np.stack([np.abs(x) for x in batches]).max(axis=(0, 1))

    def check_largest(self, RunningMax):
        """For each column, the largest of all that came, without its sign."""
        for size in (3, 4):
            batches = self.batches(3, size)
            batches[0][0] = (
                -3 - np.arange(size) / 4
            )  # the largest may be below 0, and may have come first
            batches[0] *= 0.125  # nothing has to be larger than 1
            batches[1] *= 0.25
            self._watched.clear()
            yield "largest of a new link", RunningMax(size).largest, np.zeros(size, np.float32)
            for count in (1, 2, 3):
                link = self.ready(RunningMax, *batches[:count])
                yield f"largest after {count}", link.largest, self.largest(*batches[:count])

    def check_values(self, RunningMax):
        """Each column is divided by its largest, the mini-batch that just came included."""
        (before, x), gy = self.batches(2), self.array(5, 3, dtype=np.float32)
        before[:2] *= 3  # some columns were larger before, and some become larger now
        before[2:] /= 9
        before[:, 0] /= 20
        self._watched.clear()
        link, v = self.ready(RunningMax, before), self.lib.Variable(x)
        y = link(v)
        yield "y", data(y), x / self.largest(before, x)
        self.walk(y, gy)
        yield "x.grad", v.grad, gy / self.largest(before, x)
        yield "y of an array", data(link(x)), x / self.largest(before, x)

    def check_not_while_used(self, RunningMax):
        """When the model is used, `config.train` is False, and it must not change by being used."""
        before, x = self.batches(2)
        link = self.ready(RunningMax, before)
        old = self.lib.config.train
        self.lib.config.train = False
        try:
            y = link(self.lib.Variable(5 * x))
        finally:
            self.lib.config.train = old
        yield "largest after it was used", link.largest, self.largest(before)
        yield "y", data(y), 5 * x / self.largest(before)

    def check_saved(self, RunningMax):
        """What is saved are parameters and persistent values. Which of them is never trained?"""
        batches = self.batches(2)
        link = self.ready(RunningMax, *batches)
        yield "the parameters", [name for name, _ in link.namedparams()], []
        target = saved(self, link)
        yield "the names in the file", sorted(target), ["largest"]
        yield "largest in the file", target["largest"], self.largest(*batches)

    def check_loaded(self, RunningMax):
        """A fresh link that was loaded goes on as the old one does."""
        *batches, x = self.batches(3)
        link = self.ready(RunningMax, *batches)
        fresh = loaded(self, RunningMax(3), saved(self, link))
        yield "largest of a fresh link", fresh.largest, self.largest(*batches)
        y = fresh(self.lib.Variable(x))
        yield "y of a fresh link", data(y), x / self.largest(*batches, x)

    wrongs = [
        Wrong(
            "largest",
            "the array begins with ones, and not with zeros",
            RUNNING.replace("np.zeros(", "np.ones("),
        ),
        Wrong(
            "values",
            "an array is given, and is not made a Variable",
            RUNNING.replace("as_variable(x)", "x"),
        ),
        Wrong(
            "largest",
            "the sign counts, and -3 is smaller than 2",
            RUNNING.replace("abs(x.data).max", "x.data.max"),
        ),
        Wrong(
            "largest",
            "only the last mini-batch counts",
            RUNNING.replace("np.maximum(self.largest, seen)", "seen"),
        ),
        Wrong(
            "largest",
            "the largest of each row is taken, and not of each column",
            RUNNING.replace("axis=0", "axis=1").replace(
                "np.maximum(self.largest, seen)",
                "np.maximum(self.largest, seen[: len(self.largest)])",
            ),
        ),
        Wrong(
            "largest",
            "there is one largest for all columns",
            RUNNING.replace("max(axis=0)", "max()"),
        ),
        Wrong(
            "largest",
            "the largest are added up",
            RUNNING.replace("np.maximum(self.largest, seen)", "self.largest + seen"),
        ),
        Wrong(
            "largest",
            "the mean is kept, as in batch normalization",
            RUNNING.replace("abs(x.data).max(axis=0)", "abs(x.data).mean(axis=0)"),
        ),
        Wrong(
            "largest",
            "nothing is kept: a new array is made, or `config.train` is asked in reverse",
            RUNNING.replace("self.largest[...] = np", "largest = np"),
        ),
        Wrong(
            "largest",
            "largest is float64",
            RUNNING.replace("np.zeros(size, np.float32)", "np.zeros(size)"),
        ),
        Wrong("values", "x comes back as it is", RUNNING.replace("x / self.largest", "x")),
        Wrong("values", "x is multiplied", RUNNING.replace("x / self.largest", "x * self.largest")),
        Wrong(
            "values",
            "x is divided first, and only then the new largest are found",
            RUNNING.replace(
                """\
        x = as_variable(x)
""",
                """\
        x = as_variable(x)
        y = x / np.where(self.largest == 0, 1, self.largest).astype(np.float32)
""",
            ).replace("return x / self.largest", "return y"),
        ),
        Wrong(
            "values",
            "x is divided by the largest of this mini-batch only",
            RUNNING.replace(
                "return x / self.largest", "return x / (seen if config.train else self.largest)"
            ),
        ),
        Wrong(
            "values",
            "the walk ends at the link, because its array was divided",
            RUNNING.replace("return x / self.largest", "return Variable(x.data / self.largest)"),
        ),
        Wrong(
            "not_while_used",
            "the link goes on collecting when it is used",
            RUNNING.replace("if config.train", "if True"),
        ),
        Wrong(
            "not_while_used",
            "x comes back as it is when the model is used",
            RUNNING.replace(
                "            seen =",
                """\
            pass
        else:
            return x
        if True:
            seen =""",
            ),
        ),
        Wrong(
            "saved",
            "`largest` is an attribute like any other, and is not saved",
            RUNNING.replace(
                'self.add_persistent("largest", np.zeros(size, np.float32))',
                "self.largest = np.zeros(size, np.float32)",
            ),
        ),
        Wrong(
            "saved",
            "it is a Parameter, which would be trained",
            RUNNING.replace(
                'self.add_persistent("largest", np.zeros(size, np.float32))',
                """\
with self.init_scope():
            self.kept = Parameter(0.0, (size,))
        self.largest = self.kept.data""",
            ),
        ),
        Wrong(
            "saved",
            "it is saved under another name, and `largest` itself is not",
            RUNNING.replace(
                'self.add_persistent("largest", np.zeros(size, np.float32))',
                """\
self.add_persistent("max", np.zeros(size, np.float32))
        self.largest = self.max""",
            ),
        ),
        Wrong(
            "saved",
            "`largest` becomes a new array, and what is saved stays as it was",
            RUNNING
            + """\

    def serialize(self, serializer):
        serializer("largest", 0 * self.largest)
""",
        ),
        Wrong(
            "loaded",
            "what a reader gives back is thrown away",
            RUNNING
            + """\

    def serialize(self, serializer):
        serializer("largest", self.largest.copy())
""",
        ),
    ]


DROP = """\
def drop_columns(x, ratio):
    if not config.train:
        return x
    keep = np.random.random_sample(x.shape[1]) >= ratio
    return x * (keep / (1 - ratio)).astype(x.dtype)
"""


class drop_columns(Task):
    def dropped(self, drop_columns, rows, columns, ratio, dtype=np.float32):
        """Return x and the result, with random numbers of our own."""
        self.seed()
        x = self.variable(rows, columns, dtype=dtype)
        return x, drop_columns(x, ratio)

    def check_whole_columns(self, drop_columns):
        """A column is dropped in all rows, or in none. One random number for each column."""
        x, y = self.dropped(drop_columns, 6, 40, 0.5)
        zero = data(y) == 0
        yield "the shape of y", y.shape, (6, 40)
        yield (
            "whether each column is dropped as a whole",
            bool((zero.all(axis=0) | ~zero.any(axis=0)).all()),
            True,
        )
        yield "whether whole rows are dropped", bool(zero.all(axis=1).any()), False
        yield "whether some are dropped and some are not", bool(zero.any() and not zero.all()), True

    def check_share(self, drop_columns):
        """`ratio` is the share that is dropped, and not the one that is kept."""
        for ratio in (0.25, 0.8):
            _, y = self.dropped(drop_columns, 2, 5000, ratio)
            share = float((data(y) == 0).all(axis=0).mean())
            near = min([0.0, 0.2, 0.25, 0.5, 0.75, 0.8, 1.0], key=lambda r: abs(r - share))
            yield (
                f"the share of dropped columns with ratio={ratio}",
                near if abs(near - share) < 0.03 else share,
                ratio,
            )

    def check_size(self, drop_columns):
        """What is kept is made larger, so that the sums stay about as large."""
        for ratio, dtype in [(0.25, np.float32), (0.8, np.float32), (0.5, np.float64)]:
            x, y = self.dropped(drop_columns, 3, 60, ratio, dtype)
            kept = (data(y) != 0).any(axis=0)
            yield (
                f"what is kept, with ratio={ratio}",
                y.data[:, kept],
                (x.data / (1 - ratio)).astype(dtype)[:, kept],
            )
            yield "whether anything is kept", bool(kept.any()), True

    def check_gradient(self, drop_columns):
        """On the way back the same columns are dropped, and by the same factor."""
        x, y = self.dropped(drop_columns, 3, 20, 0.25)
        gy = self.array(3, 20, dtype=np.float32)
        kept = (data(y) != 0).any(axis=0)
        self.walk(y, gy)
        yield "x.grad", x.grad, (gy * kept / 0.75).astype(np.float32)

    def check_each_time(self, drop_columns):
        """At each step other columns are dropped."""
        x = self.variable(3, 50, dtype=np.float32)
        self.seed()
        one, two = data(drop_columns(x, 0.5)), data(drop_columns(x, 0.5))
        yield "whether two calls give the same", bool((one == two).all()), False
        many = {int((data(drop_columns(x, 0.5)) == 0).all(axis=0).sum()) for _ in range(20)}
        yield "whether as many columns are dropped each time", len(many) == 1, False
        self.seed(5)
        one = data(drop_columns(x, 0.5))
        self.seed(5)
        yield (
            "whether np.random.seed decides it",
            bool((one == data(drop_columns(x, 0.5))).all()),
            True,
        )

    def check_not_while_used(self, drop_columns):
        """When a model is used, nothing is dropped: `config.train` is False."""
        old = self.lib.config.train
        self.lib.config.train = False
        try:
            x, y = self.dropped(drop_columns, 3, 20, 0.5)
        finally:
            self.lib.config.train = old
        yield "y", data(y), x.data
        x, y = self.dropped(drop_columns, 3, 20, 0.5)
        yield "whether something is dropped while it learns", bool((data(y) == 0).any()), True

    wrongs = [
        Wrong(
            "each_time",
            "as many columns are dropped each time, as with cards that are dealt out",
            DROP.replace(
                "np.random.random_sample(x.shape[1])",
                "np.random.permutation(np.linspace(0, 1, x.shape[1]))",
            ),
        ),
        Wrong(
            "whole_columns",
            "each number is dropped by itself, as in dropout",
            DROP.replace("x.shape[1]", "x.shape"),
        ),
        Wrong(
            "whole_columns", "whole rows are dropped", DROP.replace("x.shape[1]", "(x.shape[0], 1)")
        ),
        Wrong(
            "whole_columns",
            "all is dropped, or nothing: one random number for all",
            DROP.replace("x.shape[1]", ""),
        ),
        Wrong(
            "whole_columns",
            "the dropped columns are taken out, and y is narrower",
            DROP.replace(
                "return x * (keep / (1 - ratio)).astype(x.dtype)",
                "return x[:, np.flatnonzero(keep)] / (1 - ratio)",
            ),
        ),
        Wrong(
            "whole_columns",
            "the answer is an array",
            DROP.replace("return x * (", "return x.data * ("),
        ),
        Wrong(
            "share",
            "ratio is taken for the share that is kept",
            DROP.replace(">= ratio", "< ratio"),
        ),
        Wrong("share", "half is dropped, whatever ratio is", DROP.replace(">= ratio", ">= 0.5")),
        Wrong(
            "share",
            "normal numbers are drawn, and ratio is no share of them",
            DROP.replace(
                "np.random.random_sample(x.shape[1])", "np.random.normal(size=x.shape[1])"
            ),
        ),
        Wrong(
            "size",
            "what is kept stays as it is, and the sums get smaller",
            DROP.replace("(keep / (1 - ratio))", "keep"),
        ),
        Wrong(
            "size",
            "it is divided by the share that is dropped",
            DROP.replace("(1 - ratio))", "ratio)"),
        ),
        Wrong(
            "size",
            "it is multiplied by the share that is kept, and gets smaller still",
            DROP.replace("keep / (1 - ratio)", "keep * (1 - ratio)"),
        ),
        Wrong(
            "size",
            "it is always doubled, as for a ratio of 0.5",
            DROP.replace("keep / (1 - ratio)", "keep * 2"),
        ),
        Wrong(
            "gradient",
            "the walk does not get to x, as when columns are set to 0 in a new Variable",
            DROP.replace("return x * (", "return Variable(x.data * (").replace(
                "(x.dtype)", "(x.dtype))"
            ),
        ),
        Wrong(
            "each_time",
            "each call drops the same, as when the seed is set inside",
            DROP.replace(
                "    keep",
                """\
    np.random.seed(0)
    keep""",
            ),
        ),
        Wrong(
            "each_time",
            "a generator of its own is made, which np.random.seed does not reach",
            DROP.replace("np.random.random_sample", "np.random.default_rng().random"),
        ),
        Wrong(
            "not_while_used",
            "it is dropped also when the model is used",
            DROP.replace("not config.train", "False"),
        ),
        Wrong(
            "not_while_used",
            "x is multiplied by 1 - ratio when the model is used",
            DROP.replace(
                """\
return x
""",
                """\
return x * (1 - ratio)
""",
            ),
        ),
        Wrong(
            "not_while_used",
            "x is divided by 1 - ratio when the model is used, too",
            DROP.replace(
                """\
return x
""",
                """\
return x / (1 - ratio)
""",
            ),
        ),
    ]


CHECKPOINT = """\
class Checkpoint:
    def __init__(self, model, optimizer, batches, best):
        self.model, self.optimizer, self.batches = model, optimizer, batches
        self.best = best

    def serialize(self, serializer):
        self.model.serialize(serializer["model"])
        self.optimizer.serialize(serializer["optimizer"])
        self.batches.serialize(serializer["batches"])
        self.best = serializer("best", self.best)
"""


class Checkpoint(Task):
    def begin(self, seed=1, ready=True):
        """Return a model, an optimizer and mini-batches; always the same for the same seed."""
        lib, rng = self.lib, np.random.default_rng(3)
        self.seed(seed)
        model = lib.Sequential(lib.Linear(4), lib.tanh, lib.Linear(2))
        x, t = rng.normal(size=(10, 3)).astype(np.float32), rng.integers(0, 2, 10)
        if ready:
            model(x[:1])
        optimizer = lib.Adam(alpha=0.1).setup(model)
        return model, optimizer, lib.MiniBatches(x, t, batch_size=3, seed=seed)

    def train(self, model, optimizer, batches, steps):
        """Train for so many steps."""
        while steps > 0:
            for x, t in batches:
                optimizer.update(lambda x, t: self.lib.softmax_cross_entropy(model(x), t), x, t)
                steps -= 1
                if steps == 0:
                    return

    def numbers(self, model):
        return np.concatenate([p.data.ravel() for p in model.params()])

    def trained(self, steps):
        """Return the three after some steps, and what is to be in a file."""
        parts, expected = self.begin(), {"best": np.array(0.75)}
        self.train(*parts, steps)
        for name, part in zip(("model", "optimizer", "batches"), parts):
            expected |= {f"{name}/{key}": value for key, value in saved(self, part).items()}
        return parts, expected

    def check_names(self, Checkpoint):
        """Each of the three has a part of the file to itself, with its name in front."""
        parts, expected = self.trained(6)
        checkpoint = Checkpoint(*parts, 0.75)
        yield "`best` of a new Checkpoint", checkpoint.best, 0.75
        target = saved(self, checkpoint)
        missing = [name for name in expected if name not in target]
        yield "the first name that is missing", (missing or [None])[0], None
        yield "the number of names that are missing", len(missing), 0
        strange = [name for name in target if name not in expected]
        yield "the first name that does not belong there", (strange or [None])[0], None

    def check_values(self, Checkpoint):
        """Under each name stands what the part itself shows."""
        parts, expected = self.trained(6)
        target = saved(self, Checkpoint(*parts, 0.75))
        for name, value in expected.items():
            if name not in target:
                raise Mistake(f"there is no `{name}` in the file.")
            yield f"`{name}` in the file", np.asarray(target[name], float), np.asarray(value, float)

    def check_loaded(self, Checkpoint):
        """A fresh model waits for its shape. What has to be loaded before the optimizer?"""
        parts, expected = self.trained(6)
        fresh = self.begin(2, ready=False)
        again = Checkpoint(*fresh, 0.25)
        yield "`best` before it is loaded", again.best, 0.25
        loaded(self, again, expected)
        yield "the parameters", self.numbers(fresh[0]), self.numbers(parts[0])
        m = saved(self, fresh[1]).get("1/b/m")
        yield "what Adam remembers of 1/b", m, expected["optimizer/1/b/m"]
        m = saved(self, fresh[1]).get("0/W/m")
        yield "what Adam remembers of 0/W, which was not there", m, expected["optimizer/0/W/m"]
        yield "t of the optimizer", int(fresh[1].t), 6
        yield "the position of the mini-batches", int(fresh[2].position), int(parts[2].position)
        yield "`best`", float(again.best), 0.75

    def check_goes_on(self, Checkpoint):
        """Stopped, loaded and gone on with, a training is equal to one that was never stopped."""
        for steps in (4, 6):
            whole, again = self.begin(), self.begin(2, ready=False)
            self.train(*whole, 11)
            parts, _ = self.trained(steps)
            target = saved(self, Checkpoint(*parts, 0.75))
            checkpoint = loaded(self, Checkpoint(*again, 0.25), target)
            self.train(*again, 11 - steps)
            said = f"the parameters, stopped after {steps} of 11 steps"
            yield said, self.numbers(again[0]), self.numbers(whole[0])
            same = bool((self.numbers(again[0]) == self.numbers(whole[0])).all())
            yield "whether they are equal to the last bit", same, True
            yield "`best`", float(checkpoint.best), 0.75

    wrongs = [
        Wrong(
            "names",
            "the parts have other names",
            CHECKPOINT.replace('["model"]', '["m"]')
            .replace('["optimizer"]', '["o"]')
            .replace('["batches"]', '["b"]'),
        ),
        Wrong(
            "names",
            "`best` is put into the part of the model",
            CHECKPOINT.replace('serializer("best"', 'serializer["model"]("best"'),
        ),
        Wrong(
            "names",
            "`best` is not saved",
            CHECKPOINT.replace(
                """\
        self.best = serializer("best", self.best)
""",
                "",
            ),
        ),
        Wrong(
            "loaded",
            "what a reader gives back for `best` is thrown away",
            CHECKPOINT.replace(
                'self.best = serializer("best", self.best)', 'serializer("best", self.best)'
            ),
        ),
        Wrong(
            "values",
            "the best is saved as a whole number",
            CHECKPOINT.replace(
                'self.best = serializer("best", self.best)',
                'self.best = serializer("best", int(self.best))',
            ),
        ),
        Wrong(
            "names",
            "the optimizer is not saved",
            CHECKPOINT.replace(
                """\
        self.optimizer.serialize(serializer["optimizer"])
""",
                "",
            ),
        ),
        Wrong(
            "names",
            "the mini-batches are not saved",
            CHECKPOINT.replace(
                """\
        self.batches.serialize(serializer["batches"])
""",
                "",
            ),
        ),
        Wrong(
            "names",
            "the model is not saved",
            CHECKPOINT.replace(
                """\
        self.model.serialize(serializer["model"])
""",
                "",
            ),
        ),
        Wrong(
            "names",
            "all write into one place, where the epoch of the one meets that of the other",
            CHECKPOINT.replace('serializer["model"]', "serializer")
            .replace('serializer["optimizer"]', "serializer")
            .replace('serializer["batches"]', "serializer"),
        ),
        Wrong(
            "names",
            "the optimizer writes into the part of the model",
            CHECKPOINT.replace('["optimizer"]', '["model"]'),
        ),
        Wrong(
            "names",
            "the objects are handed to the serializer, and not asked to show their parts",
            CHECKPOINT.replace(
                'self.model.serialize(serializer["model"])', 'serializer("model", self.model)'
            )
            .replace(
                'self.optimizer.serialize(serializer["optimizer"])',
                'serializer("optimizer", self.optimizer)',
            )
            .replace(
                'self.batches.serialize(serializer["batches"])',
                'serializer("batches", self.batches)',
            ),
        ),
        Wrong(
            "names",
            "the parts of optimizer and mini-batches have each other's names",
            CHECKPOINT.replace('["optimizer"]', '["TEMP"]')
            .replace('["batches"]', '["optimizer"]')
            .replace("TEMP", "batches"),
        ),
        Wrong(
            "values",
            "the parameters are set to 0 when they are written",
            CHECKPOINT.replace(
                "        self.model.ser",
                """\
        for p in self.model.params():
            p.data[...] = 0
        self.model.ser""",
            ),
        ),
        Wrong(
            "values",
            "the mini-batches begin a new epoch before they are saved",
            CHECKPOINT.replace(
                "        self.batches.ser",
                """\
        self.batches.position = 0
        self.batches.ser""",
            ),
        ),
        Wrong(
            "loaded",
            "the optimizer comes before the model, whose lazy parameters are not there yet",
            CHECKPOINT.replace(
                """\
        self.model.serialize(serializer["model"])
""",
                "",
            )
            + """\
        self.model.serialize(serializer["model"])
""",
        ),
        Wrong(
            "loaded",
            "the model is copied, and the copy is loaded",
            CHECKPOINT.replace("= model, optimizer", '= model.copy("copy"), optimizer'),
        ),
        Wrong(
            "loaded",
            "the optimizer is set up again, and forgets what was loaded",
            CHECKPOINT
            + """\
        self.optimizer.setup(self.model)
""",
        ),
        Wrong(
            "goes_on",
            "epoch and position are loaded, but the seed is put back",
            CHECKPOINT.replace(
                "        self.batches.serialize",
                """\
        seed = self.batches.seed
        self.batches.serialize""",
            )
            + """\
        self.batches.seed = seed
""",
        ),
    ]
