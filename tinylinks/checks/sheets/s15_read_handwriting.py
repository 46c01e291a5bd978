"""Sheet 15: mini-batches, a table of what was confused, and examples that are tested once."""

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong

SIZES = """\
def batch_sizes(n, batch_size):
    sizes = []
    for start in range(0, n, batch_size):
        sizes.append(min(batch_size, n - start))
    return sizes
"""


class batch_sizes(Task):
    def compared(self, batch_sizes, n, batch_size):
        expected = []
        while sum(expected) < n:
            expected.append(min(batch_size, n - sum(expected)))
        found = batch_sizes(n, batch_size)
        if not isinstance(found, list):
            kind = "None" if found is None else f"a value of type {type(found).__name__}"
            raise Mistake(f"batch_sizes({n}, {batch_size}) is {kind}, expected a list.")
        return f"batch_sizes({n}, {batch_size})", found, expected

    def check_rest(self, batch_sizes):
        """What is left over is a mini-batch, too, and a smaller one."""
        yield self.compared(batch_sizes, 10, 4)
        yield self.compared(batch_sizes, 4500, 32)
        for _ in range(3):
            batch_size = int(self.rng.integers(3, 9))
            n = batch_size * int(self.rng.integers(2, 6)) + int(self.rng.integers(1, batch_size))
            yield self.compared(batch_sizes, n, batch_size)

    def check_no_rest(self, batch_sizes):
        """If nothing is left over, there is no further mini-batch, and none that is empty."""
        yield self.compared(batch_sizes, 12, 4)
        for _ in range(2):
            batch_size = int(self.rng.integers(3, 9))
            yield self.compared(batch_sizes, batch_size * int(self.rng.integers(2, 6)), batch_size)

    def check_few(self, batch_sizes):
        """There may be fewer examples than a mini-batch holds, or none."""
        for n, batch_size in [(5, 8), (1, 32), (1, 1), (0, 4)]:
            yield self.compared(batch_sizes, n, batch_size)

    wrongs = [
        Wrong(
            "rest",
            "the number of mini-batches is rounded to the nearest",
            """\
def batch_sizes(n, batch_size):
    return [batch_size] * round(n / batch_size)
""",
        ),
        Wrong(
            "rest",
            "the rest is dropped",
            SIZES.replace("range(0, n,", "range(0, n - batch_size + 1,"),
        ),
        Wrong(
            "rest",
            "the last mini-batch is taken to be full",
            SIZES.replace("min(batch_size, n - start)", "batch_size"),
        ),
        Wrong("rest", "the rest comes first", SIZES.replace("return sizes", "return sizes[::-1]")),
        Wrong(
            "rest",
            "what is still left is listed, and not what is taken",
            SIZES.replace("min(batch_size, n - start)", "n - start"),
        ),
        Wrong(
            "rest",
            "the beginnings are listed, and not the lengths",
            SIZES.replace("min(batch_size, n - start)", "start"),
        ),
        Wrong(
            "rest",
            "the examples are shared out evenly",
            """\
def batch_sizes(n, batch_size):
    return [len(part) for part in np.array_split(np.arange(n), -(-n // batch_size))]
""",
        ),
        Wrong(
            "rest",
            "there are batch_size mini-batches, and not mini-batches of batch_size",
            """\
def batch_sizes(n, batch_size):
    return batch_sizes_of(n, -(-n // batch_size))


"""
            + SIZES.replace("def batch_sizes", "def batch_sizes_of"),
        ),
        Wrong(
            "rest",
            "the rest is added to the last full one",
            """\
def batch_sizes(n, batch_size):
    sizes = [batch_size] * (n // batch_size)
    if sizes:
        sizes[-1] += n % batch_size
    return sizes or [n]
""",
        ),
        Wrong(
            "no_rest",
            "the rest is listed although it is 0",
            """\
def batch_sizes(n, batch_size):
    return [batch_size] * (n // batch_size) + [n % batch_size]
""",
        ),
        Wrong(
            "no_rest",
            "the last one is taken for a rest, and is full only by chance",
            """\
def batch_sizes(n, batch_size):
    sizes = [batch_size] * ((n - 1) // batch_size)
    return sizes + [n % batch_size]
""",
        ),
        Wrong(
            "few",
            "the first mini-batch is always full",
            """\
def batch_sizes(n, batch_size):
    sizes = [batch_size]
    while sum(sizes) < n:
        sizes.append(min(batch_size, n - sum(sizes)))
    return sizes
""",
        ),
        Wrong(
            "few",
            "there is none if it would not be full",
            SIZES.replace(
                "    sizes = []\n", "    sizes = []\n    if n < batch_size:\n        return sizes\n"
            ),
        ),
        Wrong(
            "few",
            "without examples there is a mini-batch that is empty",
            SIZES.replace("return sizes", "return sizes or [0]"),
        ),
        Wrong(
            "rest",
            "a tuple is returned, and no list",
            SIZES.replace("return sizes", "return tuple(sizes)"),
        ),
        Wrong(
            "rest",
            "the lengths are floats, such as 4.0, and no whole numbers",
            SIZES.replace("min(batch_size, n - start)", "float(min(batch_size, n - start))"),
        ),
        Wrong(
            "rest",
            "the list is outside, and the next call goes on in it",
            "sizes = []\n\n\n" + SIZES.replace("    sizes = []\n", ""),
        ),
        Wrong(
            "rest",
            "the list has a hundred places at most",
            SIZES.replace("return sizes", "return sizes[:100]"),
        ),
    ]


CONFUSION = """\
def confusion(answers, t, n_classes):
    matrix = np.zeros((n_classes, n_classes), int)
    for answer, truth in zip(answers, t):
        matrix[truth, answer] += 1
    return matrix
"""


class confusion(Task):
    def expected(self, answers, t, n_classes):
        pairs = list(zip(t.tolist(), answers.tolist()))
        return [[pairs.count((i, j)) for j in range(n_classes)] for i in range(n_classes)]

    def compared(self, what, confusion, answers, t, n_classes):
        self.watch(answers), self.watch(t)
        found = confusion(answers, t, n_classes)
        if not isinstance(found, np.ndarray):
            kind = "None" if found is None else f"a value of type {type(found).__name__}"
            raise Mistake(f"{what} is {kind}, expected an array.")
        return what, found.tolist(), self.expected(answers, t, n_classes)

    def check_all_right(self, confusion):
        """What is right is on the diagonal, once for each example."""
        t = np.array([0, 1, 1, 2, 2, 2])
        yield self.compared("the table", confusion, t.copy(), t, 3)

    def check_rows(self, confusion):
        """The truth chooses the row, and the answer the column."""
        t = self.rng.permutation([0, 1, 2, 3])
        answers = (t + 1) % 4
        yield self.compared("the table of four mistakes", confusion, answers, t, 4)
        yield self.compared("the table of one mistake", confusion, np.array([2]), np.array([0]), 3)

    def check_often(self, confusion):
        """A pair that comes several times counts several times, and as a whole number."""
        answers, t = np.array([1, 1, 0, 1, 1]), np.array([1, 1, 1, 0, 0])
        yield self.compared("the table", confusion, answers, t, 2)
        answers, t = self.rng.integers(0, 3, 20), self.rng.integers(0, 3, 20)
        yield self.compared("the table of 20 examples", confusion, answers, t, 3)
        many = np.zeros(300, int)
        yield self.compared("the table of 300 examples, all alike", confusion, many, many.copy(), 2)

    def check_size(self, confusion):
        """There is a row and a column for each class, also for one that does not come up."""
        answers, t = np.array([0, 2, 2]), np.array([0, 2, 0])
        yield self.compared("the table for 5 classes", confusion, answers, t, 5)
        yield self.compared("the table for 3 classes", confusion, answers, t, 3)
        yield "the shape for 12 classes", np.shape(confusion(answers, t, 12)), (12, 12)

    wrongs = [
        Wrong(
            "all_right",
            "all rows are one and the same list: `[row] * n` does not copy",
            CONFUSION.replace(
                "np.zeros((n_classes, n_classes), int)", "[[0] * n_classes] * n_classes"
            )
            .replace("[truth, answer]", "[truth][answer]")
            .replace("return matrix", "return np.array(matrix)"),
        ),
        Wrong(
            "all_right",
            "only mistakes are counted",
            CONFUSION.replace(
                "        matrix[", "        if truth != answer:\n            matrix["
            ),
        ),
        Wrong(
            "all_right",
            "shares are given, and not how often",
            CONFUSION.replace("return matrix", "return matrix / len(t)"),
        ),
        Wrong(
            "all_right",
            "each row is divided by its sum",
            CONFUSION.replace(
                "return matrix", "return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)"
            ),
        ),
        Wrong(
            "all_right",
            "the first example is taken for the last: it is not counted",
            CONFUSION.replace("(answers, t)", "(answers[1:], t[1:])"),
        ),
        Wrong(
            "all_right",
            "a pair counts once, however often it comes, as in `matrix[t, answers] += 1`",
            CONFUSION.replace("+= 1", "= 1"),
        ),
        Wrong(
            "all_right",
            "whole rows and columns are counted, and not places",
            CONFUSION.replace(
                "matrix[truth, answer] += 1", "matrix[truth] += 1\n        matrix[:, answer] += 1"
            ),
        ),
        Wrong(
            "rows",
            "the rows are the answers, and the columns the truth",
            CONFUSION.replace("truth, answer]", "answer, truth]"),
        ),
        Wrong(
            "rows",
            "only right answers are counted",
            CONFUSION.replace(
                "        matrix[", "        if truth == answer:\n            matrix["
            ),
        ),
        Wrong(
            "rows",
            "a mistake is counted on both sides",
            CONFUSION.replace(
                "+= 1", "+= 1\n        if truth != answer:\n            matrix[answer, truth] += 1"
            ),
        ),
        Wrong(
            "rows",
            "all mistakes of a class are counted on its diagonal",
            CONFUSION.replace("truth, answer]", "truth, truth]"),
        ),
        Wrong(
            "often",
            "a mistake counts once, and only what is right counts each time",
            CONFUSION.replace(
                "        matrix[truth, answer] += 1",
                """\
        if truth == answer:
            matrix[truth, answer] += 1
        else:
            matrix[truth, answer] = 1""",
            ),
        ),
        Wrong(
            "size",
            "the classes are counted that come up in t",
            CONFUSION.replace(
                "    matrix",
                "    n_classes = len(set(t.tolist()) | set(answers.tolist()))\n    matrix",
                1,
            ),
        ),
        Wrong(
            "size",
            "the highest label decides how many classes there are",
            CONFUSION.replace(
                "    matrix", "    n_classes = max(t.max(), answers.max()) + 1\n    matrix", 1
            ),
        ),
        Wrong(
            "all_right",
            "the counts are floats, and no whole numbers",
            CONFUSION.replace(", int)", ")"),
        ),
        Wrong(
            "all_right",
            "the last example is not counted",
            CONFUSION.replace("(answers, t)", "(answers[:-1], t[:-1])"),
        ),
        Wrong(
            "often",
            "the numbers of the table have 8 bits, and after 255 they begin again at 0",
            CONFUSION.replace(", int)", ", np.uint8)"),
        ),
        Wrong(
            "often",
            "the numbers of the table have 8 bits and a sign, and after 127 comes -128",
            CONFUSION.replace(", int)", ", np.int8)"),
        ),
        Wrong(
            "all_right",
            "the table is outside, and the next call adds to it",
            """\
M = None


def confusion(answers, t, n_classes):
    global M
    if M is None or len(M) != n_classes:
        M = np.zeros((n_classes, n_classes), int)
    for answer, truth in zip(answers, t):
        M[truth, answer] += 1
    return M
""",
        ),
        Wrong(
            "rows",
            "`np.bincount` ends at the largest place that comes up, if `minlength` is not given",
            """\
def confusion(answers, t, n_classes):
    return np.bincount(t * n_classes + answers).reshape(n_classes, n_classes)
""",
        ),
        Wrong(
            "size",
            "there are ten classes at most",
            CONFUSION.replace(
                "np.zeros((n_classes, n_classes), int)",
                "np.zeros((10, 10), int)[:n_classes, :n_classes]",
            ),
        ),
    ]


FOLDS = """\
def folds(arrays, k, seed):
    order = np.random.RandomState(seed).permutation(len(arrays[0]))
    parts = np.array_split(order, k)
    found = []
    for i in range(k):
        rest = np.concatenate(parts[:i] + parts[i + 1 :])
        train = tuple(array[rest] for array in arrays)
        test = tuple(array[parts[i]] for array in arrays)
        found.append((train, test))
    return found
"""


class folds(Task):
    def arrays(self, n):
        """Return examples that can be told apart, and labels that belong to them."""
        x = self.watch(np.stack([np.arange(n), self.rng.permutation(n)], axis=1) * 1.0)
        return x, self.watch(10 * np.arange(n))

    def made(self, folds, n, k, seed=0):
        """Return the arrays, and the folds, after a look at their form."""
        arrays = self.arrays(n)
        found = folds(arrays, k, seed)
        if not isinstance(found, list | tuple):
            kind = "None" if found is None else f"a value of type {type(found).__name__}"
            raise Mistake(f"your answer gives {kind}, expected a list of {k} pairs.")
        for pair in found:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise Mistake(
                    "your list does not hold pairs: tuples of a training and a test part."
                )
            for part in pair:
                if not isinstance(part, tuple) or len(part) != len(arrays):
                    raise Mistake("a part is no tuple with one array for each of the given ones.")
        return arrays, found

    def check_sizes(self, folds):
        """The test parts are as even as can be, and nobody is left out."""
        for n, k in [(10, 3), (12, 4), (11, 4), (5, 5)]:
            _, found = self.made(folds, n, k)
            said = f"for {n} examples and k={k}"
            sizes = [-(-(n - i) // k) for i in range(k)]
            yield f"the number of pairs {said}", len(found), k
            tests = sorted([len(test[0]) for _, test in found], reverse=True)
            yield f"the lengths of the test parts {said}", tests, sizes
            trains = sorted([len(train[0]) for train, _ in found])
            yield f"the lengths of the training parts {said}", trains, [n - size for size in sizes]

    def check_each_once(self, folds):
        """Together the test parts hold each example once. No test example is trained on."""
        for n, k in [(10, 3), (12, 4)]:
            (x, _), found = self.made(folds, n, k)
            tested = sorted(int(i) for _, test in found for i in np.asarray(test[0])[:, 0])
            yield "the examples that are tested", tested, list(range(n))
            for number, (train, test) in enumerate(found, 1):
                both = sorted(int(row[0]) for part in (train, test) for row in np.asarray(part[0]))
                yield f"the examples of pair {number}, both parts", both, list(range(n))

    def check_together(self, folds):
        """Pictures and labels are taken in the same order, so that each keeps its own. There may
        be more arrays or fewer, and each keeps its dtype."""
        for n, k in [(10, 3), (12, 4)]:
            _, found = self.made(folds, n, k)
            for train, test in found:
                for x, t in (train, test):
                    x, t = np.asarray(x), np.asarray(t)
                    yield "the labels", t, (10 * x[:, 0]).astype(int)
                    yield "the shape of the examples", x.shape, (len(t), 2)
        x = self.watch(np.arange(9.0))
        found = folds((x,), 3, 0)
        yield "the number of arrays in a part, if one is given", len(found[0][1]), 1

    def check_at_random(self, folds):
        """The order is drawn at random, by a seed: the same seed gives the same folds."""

        def first(seed):
            _, found = self.made(folds, 60, 3, seed)
            return [int(i) for i in np.asarray(found[0][1][0])[:, 0]]

        same = [first(3), first(3)]
        yield "whether the same seed gives the same", same[0] == same[1], True
        yield "whether another seed gives others", sorted(first(4)) != sorted(same[0]), True
        yield "whether neighbours are apart", sorted(same[0]) != list(range(20)), True
        mixed = sum(abs(a - b) == 3 for a, b in zip(same[0], same[0][1:])) < 10
        yield "whether the examples do not follow in steps", mixed, True

    wrongs = [
        Wrong(
            "sizes",
            "each pair is a split of its own, and some examples are tested twice, some never",
            """\
def folds(arrays, k, seed):
    return [split(arrays, 1 / k, seed + i) for i in range(k)]
""",
        ),
        Wrong(
            "sizes",
            "the examples that are left over are never tested",
            FOLDS.replace(
                "np.array_split(order, k)",
                "[order[i * (len(order) // k) : (i + 1) * (len(order) // k)] for i in range(k)]",
            ),
        ),
        Wrong(
            "sizes",
            "all that is left over goes to the last part",
            FOLDS.replace(
                "np.array_split(order, k)",
                "np.split(order, [len(order) // k * i for i in range(1, k)])",
            ),
        ),
        Wrong(
            "sizes",
            "`np.split` wants equal parts, and refuses others",
            FOLDS.replace("array_split", "split"),
        ),
        Wrong(
            "sizes", "the two parts are exchanged", FOLDS.replace("(train, test)", "(test, train)")
        ),
        Wrong("sizes", "only the first pair is made", FOLDS.replace("range(k)", "range(1)")),
        Wrong(
            "sizes",
            "the parts hold k examples each, and there are not k parts",
            FOLDS.replace(
                "np.array_split(order, k)", "np.array_split(order, -(-len(order) // k))"
            ).replace("range(k)", "range(len(parts))"),
        ),
        Wrong(
            "sizes",
            "the training part holds all examples, those of the test, too",
            FOLDS.replace("parts[:i] + parts[i + 1 :]", "parts"),
        ),
        Wrong(
            "sizes",
            "the parts before the test part are left out of the training",
            FOLDS.replace("parts[:i] + parts[i + 1 :]", "parts[i + 1 :] or parts[:1]"),
        ),
        Wrong(
            "each_once",
            "a new order is drawn for each pair, and some are tested twice",
            FOLDS.replace(
                """\
    order = np.random.RandomState(seed).permutation(len(arrays[0]))
    parts = np.array_split(order, k)
""",
                "",
            ).replace(
                "        rest",
                """\
        order = np.random.RandomState(seed + i).permutation(len(arrays[0]))
        parts = np.array_split(order, k)
        rest""",
            ),
        ),
        Wrong(
            "each_once",
            "the places are drawn at random and may come twice",
            FOLDS.replace(
                ".permutation(len(arrays[0]))", ".randint(0, len(arrays[0]), len(arrays[0]))"
            ),
        ),
        Wrong(
            "each_once",
            "all pairs have the same test part",
            FOLDS.replace("parts[i]]", "parts[0]]").replace(
                "parts[:i] + parts[i + 1 :]", "parts[1:]"
            ),
        ),
        Wrong(
            "each_once",
            "the training part holds numbers of places that belong to the sorted order",
            FOLDS.replace(
                "np.concatenate(parts[:i] + parts[i + 1 :])",
                "np.arange(len(order) - len(parts[i]))",
            ),
        ),
        Wrong(
            "together",
            "each array has an order of its own",
            FOLDS.replace(
                "array[rest] for array in arrays",
                "array[np.roll(rest, j)] for j, array in enumerate(arrays)",
            ).replace(
                "array[parts[i]] for array in arrays",
                "array[np.roll(parts[i], j)] for j, array in enumerate(arrays)",
            ),
        ),
        Wrong(
            "together",
            "the labels stay in their old order, and only the examples are mixed",
            FOLDS.replace(
                "array[rest] for array in arrays",
                "array[np.sort(rest) if array.ndim == 1 else rest] for array in arrays",
            ).replace(
                "array[parts[i]] for array in arrays",
                "array[np.sort(parts[i]) if array.ndim == 1 else parts[i]] for array in arrays",
            ),
        ),
        Wrong(
            "at_random",
            "the examples stay in their order",
            FOLDS.replace(
                "np.random.RandomState(seed).permutation(len(arrays[0]))",
                "np.arange(len(arrays[0]))",
            ),
        ),
        Wrong(
            "at_random",
            "the seed is not used, and each call gives others",
            FOLDS.replace("RandomState(seed)", "RandomState()"),
        ),
        Wrong(
            "at_random",
            "the order is always the same, whatever the seed",
            FOLDS.replace("RandomState(seed)", "RandomState(0)"),
        ),
        Wrong(
            "at_random",
            "every k-th example is taken, and nothing is drawn",
            FOLDS.replace(
                "np.random.RandomState(seed).permutation(len(arrays[0]))",
                "np.concatenate([np.arange(i, len(arrays[0]), k) for i in range(k)])",
            ),
        ),
        Wrong(
            "sizes",
            "`n // k` examples are in each test part, and the rest is never tested",
            FOLDS.replace(
                "np.array_split(order, k)",
                "[order[i * (len(order) // k) : (i + 1) * (len(order) // k)] for i in range(k)]\n"
                "    left = order[k * (len(order) // k) :]",
            ).replace("parts[i + 1 :])", "parts[i + 1 :] + [left])"),
        ),
        Wrong(
            "together",
            "an order is drawn for each array, and the labels no longer belong to the examples",
            """\
def folds(arrays, k, seed):
    rng = np.random.RandomState(seed)
    orders = [np.array_split(rng.permutation(len(array)), k) for array in arrays]
    found = []
    for i in range(k):
        rest = [np.concatenate(parts[:i] + parts[i + 1 :]) for parts in orders]
        train = tuple(array[places] for array, places in zip(arrays, rest))
        test = tuple(array[parts[i]] for array, parts in zip(arrays, orders))
        found.append((train, test))
    return found
""",
        ),
        Wrong(
            "together",
            "exactly two arrays are expected",
            FOLDS.replace("    found = []", "    x, t = arrays\n    found = []"),
        ),
        Wrong(
            "together",
            "all arrays become floats, also the labels",
            FOLDS.replace("array[rest]", "array[rest].astype(float)").replace(
                "array[parts[i]]", "array[parts[i]].astype(float)"
            ),
        ),
        Wrong(
            "sizes",
            "places are given, and not the examples from there",
            FOLDS.replace("(train, test)", "(rest, parts[i])"),
        ),
        Wrong(
            "sizes",
            "lists are given, where tuples are expected",
            FOLDS.replace(
                "tuple(array[rest] for array in arrays)", "[array[rest] for array in arrays]"
            ).replace(
                "tuple(array[parts[i]] for array in arrays)",
                "[array[parts[i]] for array in arrays]",
            ),
        ),
        Wrong(
            "at_random",
            "`np.random.seed` is called, which decides the numbers of others, too",
            FOLDS.replace(
                "np.random.RandomState(seed).permutation",
                "(np.random.seed(seed) or np.random).permutation",
            ),
        ),
        Wrong(
            "sizes",
            "only the next part is trained on, and not all others",
            FOLDS.replace("np.concatenate(parts[:i] + parts[i + 1 :])", "parts[(i + 1) % k]"),
        ),
    ]
