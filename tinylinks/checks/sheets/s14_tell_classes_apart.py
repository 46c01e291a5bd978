"""Sheet 14: scores, their logarithms, and losses that tell classes apart."""

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong


def log_shares(x):
    """Return the logarithm of softmax, row by row, with NumPy."""
    z = x - x.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


EQUAL = """\
def of_equal_scores(n_classes, t):
    gradient = np.full((len(t), n_classes), 1 / n_classes)
    gradient[np.arange(len(t)), t] -= 1
    return np.log(n_classes), gradient / len(t)
"""


class of_equal_scores(Task):
    without = ("Variable", "softmax_cross_entropy", "F.softmax_cross_entropy", "F.softmax")

    def cases(self):
        for rows, n_classes, highest in [(2, 4, 2), (5, 3, 2), (3, 7, 6)]:
            t = self.watch(self.rng.integers(0, highest + 1, rows))
            yield f"{n_classes} classes and {rows} rows", n_classes, t

    def check_loss(self, of_equal_scores):
        """Which share has each class? And what is the logarithm of it?"""
        for said, n_classes, t in self.cases():
            loss, _ = self.parts(of_equal_scores(n_classes, t), 2)
            yield f"the loss for {said}", loss, float(-np.log(1 / n_classes))

    def check_gradient(self, of_equal_scores):
        """The share minus 1 at the true class, the share elsewhere, for a mean over the rows."""
        for said, n_classes, t in self.cases():
            _, gradient = self.parts(of_equal_scores(n_classes, t), 2)
            expected = self.slopes(
                lambda x, t=t: -log_shares(x)[np.arange(len(t)), t].mean(),
                np.zeros((len(t), n_classes)),
                1.0,
            )
            yield f"the gradient for {said}", gradient, expected

    wrongs = [
        Wrong(
            "loss",
            "the share is given, and not the surprise at it",
            EQUAL.replace("np.log(n_classes),", "1 / n_classes,"),
        ),
        Wrong(
            "gradient",
            "the 1 at the true class is not divided by the rows",
            EQUAL.replace("-= 1", "-= len(t)"),
        ),
        Wrong(
            "gradient",
            "there is one row only, in which all labels meet",
            EQUAL.replace("(len(t), n_classes)", "n_classes").replace(
                "[np.arange(len(t)), t]", "[t]"
            ),
        ),
        Wrong("loss", "the logarithm has base 10", EQUAL.replace("np.log(", "np.log10(")),
        Wrong("loss", "the logarithm has base 2", EQUAL.replace("np.log(", "np.log2(")),
        Wrong(
            "loss",
            "the losses of the rows are added up, without a mean",
            EQUAL.replace("np.log(n_classes),", "np.log(n_classes) * len(t),"),
        ),
        Wrong(
            "loss",
            "the minus is missing, and the logarithm of a share is below 0",
            EQUAL.replace("np.log(n_classes),", "-np.log(n_classes),"),
        ),
        Wrong(
            "loss",
            "what is missing to 1 is counted, and not its surprise",
            EQUAL.replace("np.log(n_classes),", "1 - 1 / n_classes,"),
        ),
        Wrong(
            "loss",
            "the rows are taken for the classes",
            EQUAL.replace("np.log(n_classes),", "np.log(len(t)),"),
        ),
        Wrong(
            "gradient",
            "the mean over the rows is forgotten",
            EQUAL.replace("gradient / len(t)", "gradient"),
        ),
        Wrong(
            "gradient",
            "the sign is turned: it is the share minus one_hot, and not the reverse",
            EQUAL.replace("gradient / len(t)", "-gradient / len(t)"),
        ),
        Wrong(
            "gradient",
            "nothing is subtracted at the true class",
            EQUAL.replace("gradient[np.arange(len(t)), t] -= 1", "pass"),
        ),
        Wrong(
            "gradient",
            "the other classes get no gradient",
            EQUAL.replace(
                "np.full((len(t), n_classes), 1 / n_classes)", "np.zeros((len(t), n_classes))"
            ),
        ),
        Wrong(
            "gradient",
            "the true class gets -1, and its share is forgotten",
            EQUAL.replace("-= 1", "= -1"),
        ),
        Wrong(
            "gradient",
            "it is divided by the number of classes once more, and not by that of the rows",
            EQUAL.replace("gradient / len(t)", "gradient / n_classes"),
        ),
        Wrong(
            "gradient",
            "`gradient[:, t]` takes these columns in all rows, and not one place in each row",
            EQUAL.replace("gradient[np.arange(len(t)), t]", "gradient[:, t]"),
        ),
        Wrong(
            "gradient",
            "`np.eye(t.max() + 1)` counts the classes that came up, and the highest may be absent",
            """\
def of_equal_scores(n_classes, t):
    one_hot = np.eye(t.max() + 1)[t]
    return np.log(n_classes), (1 / n_classes - one_hot) / len(t)
""",
        ),
        Wrong(
            "gradient",
            "only the true class gets a gradient",
            EQUAL.replace(
                "np.full((len(t), n_classes), 1 / n_classes)", "np.zeros((len(t), n_classes))"
            ).replace("-= 1", "= 1 / n_classes - 1"),
        ),
        Wrong(
            "loss",
            "the loss is divided by the rows, but it is a mean already",
            EQUAL.replace("np.log(n_classes),", "np.log(n_classes) / len(t),"),
        ),
        Wrong(
            "loss",
            "it is computed with Variables and the loss of the chapter",
            """\
def of_equal_scores(n_classes, t):
    x = Variable(np.zeros((len(t), n_classes)))
    loss = softmax_cross_entropy(x, t)
    loss.backward()
    return loss.item(), x.grad
""",
        ),
    ]


TOP = """\
def top_k_accuracy(y, t, k):
    best = np.argsort(y, axis=1)[:, -k:]
    return (best == t[:, None]).any(axis=1).mean()
"""


class top_k_accuracy(Task):
    def scores(self, rows, classes):
        """Return scores and labels such that the true class has each place at least once."""
        y = self.rng.permutation(rows * classes).reshape(rows, classes) / 7 - 1.5
        places = self.rng.permutation(np.arange(rows) % classes)
        best = np.argmax(places)
        places[[best, -1]] = places[[-1, best]]  # in the last row the first answer is right
        t = np.argsort(y, axis=1)[np.arange(rows), places]
        return self.watch(y), self.watch(t)

    def ranks(self, y, t):
        """Return how many scores are higher than that of the true class, in each row."""
        return (y > y[np.arange(len(t)), t][:, None]).sum(axis=1)

    def check_first(self, top_k_accuracy):
        """With k = 1 it is the accuracy of the chapter. A class is the place of a score in its
        row, not the score."""
        for rows, classes in [(7, 3), (9, 5), (11, 4), (13, 6)]:
            y, t = self.scores(rows, classes)
            found = top_k_accuracy(y, t, 1)
            yield (
                f"the accuracy for {rows} rows and k=1",
                found,
                float(np.mean(self.ranks(y, t) == 0)),
            )

    def check_several(self, top_k_accuracy):
        """A row is right if its true class is among the k with the highest scores."""
        for rows, classes, k in [(7, 4, 2), (9, 5, 3), (11, 6, 4), (13, 5, 2), (8, 7, 3)]:
            y, t = self.scores(rows, classes)
            found = top_k_accuracy(y, t, k)
            yield (
                f"the accuracy for {rows} rows and k={k}",
                found,
                float(np.mean(self.ranks(y, t) < k)),
            )

    def check_all(self, top_k_accuracy):
        """If k is the number of classes, no answer can be wrong."""
        for rows, classes in [(7, 3), (9, 5)]:
            y, t = self.scores(rows, classes)
            found = top_k_accuracy(y, t, classes)
            yield f"the accuracy for {classes} classes and k={classes}", found, 1.0

    wrongs = [
        Wrong(
            "several", "one class less than k is looked at", TOP.replace("-k:", "-max(k - 1, 1) :")
        ),
        Wrong(
            "first",
            "only the last row counts: each row overwrites the one before",
            TOP.replace(".mean()", "[-1] * 1.0"),
        ),
        Wrong(
            "several",
            "t stays flat, and each label is compared with the classes of other rows",
            TOP.replace("t[:, None]", "t"),
        ),
        Wrong(
            "first",
            "it is given in per cent, and not from 0 to 1",
            TOP.replace(".mean()", ".mean() * 100"),
        ),
        Wrong(
            "first",
            "the hits are divided by the number of classes, and not of rows",
            TOP.replace(".mean()", ".sum() / y.shape[1]"),
        ),
        Wrong("first", "the lowest scores are taken", TOP.replace("[:, -k:]", "[:, :k]")),
        Wrong(
            "first",
            "the right rows are counted, and not their share",
            TOP.replace(".mean()", ".sum()"),
        ),
        Wrong(
            "first",
            "the scores are sorted, and a label is compared with scores",
            TOP.replace("argsort", "sort"),
        ),
        Wrong(
            "first",
            "one class more than k is looked at",
            TOP.replace("-k:", "-k - 1 :"),
        ),
        Wrong(
            "several",
            "only the highest score counts, whatever k is",
            TOP.replace("-k:", "-1:"),
        ),
        Wrong("several", "only the k-th best class counts", TOP.replace("-k:", "[-k]")),
        Wrong(
            "several",
            "the hits are averaged over the k places, too",
            TOP.replace(".any(axis=1).mean()", ".mean()"),
        ),
        Wrong(
            "several",
            "all k best classes are asked to be the true one",
            TOP.replace(".any(", ".all("),
        ),
        Wrong(
            "all",
            "`argpartition` is asked for the place k, which is not there if k counts all classes",
            TOP.replace("np.argsort(y, axis=1)[:, -k:]", "np.argpartition(-y, k, axis=1)[:, :k]"),
        ),
        Wrong(
            "all",
            "the lowest class is never among the best",
            TOP.replace("[:, -k:]", "[:, 1:][:, -k:]"),
        ),
        Wrong(
            "several",
            "`t in best` or `np.isin` looks for each label in all rows, and not only in its own",
            TOP.replace("(best == t[:, None]).any(axis=1)", "np.isin(t, best)"),
        ),
        Wrong(
            "first",
            "the scores of a column are sorted, and not those of a row: axis 0",
            TOP.replace("axis=1)[:", "axis=0)[:"),
        ),
        Wrong(
            "several",
            "`argsort` is taken for ranks: what it gives are classes, in the order of their scores",
            """\
def top_k_accuracy(y, t, k):
    ranks = np.argsort(y, axis=1)
    return (ranks[np.arange(len(t)), t] >= y.shape[1] - k).mean()
""",
        ),
        Wrong(
            "several",
            "`t in best` asks about whole arrays at once, and not about each row",
            TOP.replace("(best == t[:, None]).any(axis=1).mean()", "np.mean(t in best)"),
        ),
    ]


LOG = """\
class LogSoftmax(Function):
    def forward(self, x):
        self.retain_outputs((0,))
        z = x - x.max(axis=1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def backward(self, gy):
        (y,) = self.get_retained_outputs()
        return gy - np.exp(y) * gy.sum(axis=1, keepdims=True)
"""
LARGEST = "x - x.max(axis=1, keepdims=True)"
INPUT = LOG.replace("retain_outputs", "retain_inputs").replace(
    "(y,) = self.get_retained_outputs()", "(x,) = self.get_retained_inputs()"
)


class LogSoftmax(Task):
    def apply(self, LogSoftmax, x):
        """Return a Variable, and what the Function gives for it, with gradients walked back."""
        x = self.lib.Variable(x)
        y = LogSoftmax().apply(x)
        if not hasattr(y, "creator"):
            raise Mistake("your answer gives no Variable: is it derived from Function?")
        return x, y

    def check_values(self, LogSoftmax):
        """The shares of each row add up to 1. What comes is their logarithm."""
        for shape, dtype in [((4, 3), np.float32), ((2, 5), np.float64), ((3, 3), np.float64)]:
            x = self.array(*shape, dtype=dtype)
            _, y = self.apply(LogSoftmax, x)
            yield "y", y.data, log_shares(x)

    def check_large(self, LogSoftmax):
        """Scores may be 1000 apart. Subtract the largest of each row; take no logarithm of 0."""
        for row in ([0.0, 1000.0, 999.0], [-2000.0, -2001.0, -2000.5]):
            x = self.watch(np.array([row, self.array(3).tolist()]))
            with np.errstate(all="ignore"):
                _, y = self.apply(LogSoftmax, x)
            yield "y", y.data, log_shares(x)

    def check_gradients(self, LogSoftmax):
        """A score has two ways to y_k: by itself, and by the sum, which all y of its row share."""
        for shape, dtype in [((4, 3), np.float64), ((2, 5), np.float64), ((4, 3), np.float32)]:
            x, gy = self.array(*shape, dtype=dtype), self.array(*shape, dtype=dtype)
            x, y = self.apply(LogSoftmax, x)
            self.walk(y, gy)
            yield "x.grad", x.grad, self.slopes(log_shares, x.data, gy)

    def check_large_gradients(self, LogSoftmax):
        """What comes back is the same as for small scores, and no number is infinite or nan."""
        x, gy = self.array(2, 3), self.array(2, 3)
        x[0] += [0.0, 1000.0, -1000.0]
        x, gy = self.watch(x.copy()), self.watch(gy)
        self._watched = self._watched[-2:]
        with np.errstate(all="ignore"):
            v, y = self.apply(LogSoftmax, x)
            self.walk(y, gy)
        shares = np.exp(log_shares(x))
        expected = np.stack([g - p * g.sum() for g, p in zip(gy, shares)])
        yield "x.grad", v.grad, expected

    wrongs = [
        Wrong(
            "values",
            "the sign is turned: minus the logarithm is the surprise",
            LOG.replace(
                "return z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
                "return np.log(np.exp(z).sum(axis=1, keepdims=True)) - z",
            ),
        ),
        Wrong(
            "values",
            "a mean is taken and not a sum, so that the shares do not add up to 1",
            LOG.replace("np.exp(z).sum(", "np.exp(z).mean("),
        ),
        Wrong(
            "large",
            "large scores are cut off, and are no longer what they were",
            LOG.replace(LARGEST, "np.clip(x, -500, 500)"),
        ),
        Wrong(
            "gradients",
            "nothing was retained in forward",
            LOG.replace("        self.retain_outputs((0,))\n", ""),
        ),
        Wrong(
            "gradients",
            "the first way is forgotten, and only the sum is there",
            LOG.replace("return gy - np", "return -np"),
        ),
        Wrong(
            "gradients",
            "gy is multiplied by the share, and that is all",
            LOG.replace(
                "return gy - np.exp(y) * gy.sum(axis=1, keepdims=True)", "return np.exp(y) * gy"
            ),
        ),
        Wrong(
            "gradients",
            "the axis that is added up gets lost on the way back: `keepdims` is missing",
            LOG.replace("gy.sum(axis=1, keepdims=True)", "gy.sum(axis=1)"),
        ),
        Wrong(
            "values",
            "the shares come, and not their logarithm",
            LOG.replace(
                "return z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
                "e = np.exp(z)\n        return e / e.sum(axis=1, keepdims=True)",
            ),
        ),
        Wrong(
            "values",
            "the columns add up to 1, and not the rows: axis 0",
            LOG.replace("axis=1", "axis=0"),
        ),
        Wrong("values", "the whole table adds up to 1", LOG.replace("axis=1, ", "")),
        Wrong(
            "values",
            "the axis that is added up gets lost: `keepdims` is missing",
            LOG.replace("np.exp(z).sum(axis=1, keepdims=True)", "np.exp(z).sum(axis=1)"),
        ),
        Wrong(
            "values",
            "the scores are divided by the logarithm of the sum",
            LOG.replace("z - np.log", "z / np.log"),
        ),
        Wrong("values", "the logarithm has base 10", LOG.replace("np.log(", "np.log10(")),
        Wrong(
            "values",
            "the sum is subtracted, and not its logarithm",
            LOG.replace(
                "np.log(np.exp(z).sum(axis=1, keepdims=True))",
                "np.exp(z).sum(axis=1, keepdims=True)",
            ),
        ),
        Wrong(
            "values",
            "the largest is subtracted on one side only",
            LOG.replace("return z -", "return x -"),
        ),
        Wrong(
            "large",
            "the largest is not subtracted, and the power of e overflows",
            LOG.replace(LARGEST, "x"),
        ),
        Wrong(
            "large",
            "softmax comes first, and then its logarithm: log 0 is minus infinity",
            LOG.replace(
                "return z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
                "e = np.exp(z)\n        return np.log(e / e.sum(axis=1, keepdims=True))",
            ),
        ),
        Wrong(
            "large",
            "the largest of the whole table is subtracted, and not that of each row",
            LOG.replace(LARGEST, "x - x.max()"),
        ),
        Wrong(
            "large",
            "a small number is added to the share, so that it is not 0",
            LOG.replace(
                "return z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
                "e = np.exp(z)\n        return np.log(e / e.sum(axis=1, keepdims=True) + 1e-12)",
            ),
        ),
        Wrong(
            "gradients",
            "the second way is forgotten, and gy passes as it is",
            LOG.replace(" - np.exp(y) * gy.sum(axis=1, keepdims=True)", ""),
        ),
        Wrong(
            "gradients",
            "the gradients of the row are not added up",
            LOG.replace("gy.sum(axis=1, keepdims=True)", "gy"),
        ),
        Wrong(
            "gradients",
            "y is taken for the share, but it is its logarithm",
            LOG.replace("np.exp(y)", "y"),
        ),
        Wrong(
            "gradients",
            "the gradient of softmax is sent",
            LOG.replace(
                "return gy - np.exp(y) * gy.sum(axis=1, keepdims=True)",
                "p = np.exp(y)\n        return p * gy - p * (p * gy).sum(axis=1, keepdims=True)",
            ),
        ),
        Wrong(
            "gradients",
            "the sum of gy is taken to be 1, as if one class were the true one",
            LOG.replace(" * gy.sum(axis=1, keepdims=True)", ""),
        ),
        Wrong(
            "gradients", "the sum is added and not subtracted", LOG.replace("gy - np", "gy + np")
        ),
        Wrong(
            "gradients",
            "the sum goes over the columns",
            LOG.replace("gy.sum(axis=1", "gy.sum(axis=0"),
        ),
        Wrong(
            "gradients",
            "the sum goes over the whole table",
            LOG.replace("gy.sum(axis=1, keepdims=True)", "gy.sum()"),
        ),
        Wrong(
            "large_gradients",
            "backward computes the shares again, and does not subtract the largest",
            INPUT.replace(
                "return gy - np.exp(y)",
                "e = np.exp(x)\n        return gy - e / e.sum(axis=1, keepdims=True)",
            ),
        ),
        Wrong(
            "large",
            "softmax comes first, and nothing is subtracted before it",
            LOG.replace(LARGEST, "x").replace(
                "return z - np.log(np.exp(z).sum(axis=1, keepdims=True))",
                "e = np.exp(z)\n        return np.log(e / e.sum(axis=1, keepdims=True))",
            ),
        ),
        Wrong(
            "values",
            "the result is float64 for float32 as well",
            LOG.replace("np.exp(z).sum(", "np.exp(z).astype(float).sum("),
        ),
        Wrong(
            "gradients",
            "the comma in `(y,) = ...` is missing, so that y is a tuple",
            LOG.replace("(y,) =", "y ="),
        ),
        Wrong(
            "gradients",
            "`-=` changes gy, which may belong to another branch of the graph, too",
            LOG.replace(
                "return gy - np.exp(y) * gy.sum(axis=1, keepdims=True)",
                "gy -= np.exp(y) * gy.sum(axis=1, keepdims=True)\n        return gy",
            ),
        ),
        Wrong(
            "gradients",
            "y is kept in the class, where the next LogSoftmax overwrites it",
            LOG.replace("        self.retain_outputs((0,))\n", "")
            .replace("return z -", "LogSoftmax.y = z -")
            .replace("\n\n    def backward", "\n        return LogSoftmax.y\n\n    def backward")
            .replace("(y,) = self.get_retained_outputs()", "y = LogSoftmax.y"),
        ),
    ]


SMOOTH = """\
def smooth_loss(x, t, smoothing):
    n_classes = x.shape[1]
    loss = (1 - smoothing) * softmax_cross_entropy(x, t)
    for k in range(n_classes):
        everywhere = np.full(len(t), k)
        loss = loss + smoothing / n_classes * softmax_cross_entropy(x, everywhere)
    return loss
"""


TARGETS = """\
def smooth_loss(x, t, smoothing):
    targets = np.full(x.shape, smoothing / x.shape[1], x.dtype)
    targets[np.arange(len(t)), t] += 1 - smoothing
    z = x - x.data.max(axis=1, keepdims=True)
    log_p = z - Log().apply(F.exp(z).sum(axis=1, keepdims=True))
    return -(log_p * targets).sum(axis=1).mean()
"""
SURPRISE = """\
    p = smoothing / n_classes
    q = p + 1 - smoothing
    if smoothing > 0:
        loss = loss + (q * math.log(q) + (n_classes - 1) * p * math.log(p))
    return loss
"""


class smooth_loss(Task):
    def loss(self, x, t, smoothing):
        targets = np.full(x.shape, smoothing / x.shape[1])
        targets[np.arange(len(t)), t] += 1 - smoothing
        return -(targets * log_shares(x)).sum(axis=1).mean()

    def cases(self, *smoothings):
        for (rows, n_classes), dtype in [
            ((4, 3), np.float64),
            ((2, 5), np.float64),
            ((4, 3), np.float32),
        ]:
            for smoothing in smoothings:
                t = self.rng.permutation(max(rows, n_classes - 1))[:rows] % n_classes
                self.watch(t)
                yield self.variable(rows, n_classes, dtype=dtype), t, smoothing

    def data(self, y):
        if not hasattr(y, "creator"):
            kind = "None" if y is None else f"a value of type {type(y).__name__}"
            raise Mistake(f"your answer gives {kind}, expected a Variable.")
        return y.data

    def check_no_smoothing(self, smooth_loss):
        """With a smoothing of 0 it is `softmax_cross_entropy(x, t)`, in the dtype of x."""
        for x, t, _ in self.cases(0.0):
            y = self.data(smooth_loss(x, t, 0.0))
            yield (
                "the loss without smoothing",
                np.asarray(y),
                np.asarray(self.loss(x.data, t, 0.0), x.dtype),
            )

    def check_values(self, smooth_loss):
        """How much does each class get, and the true one on top? It adds up to 1."""
        for x, t, smoothing in self.cases(0.1, 0.6):
            y = self.data(smooth_loss(x, t, smoothing))
            yield (
                f"the loss with {smoothing}",
                np.asarray(y),
                np.asarray(self.loss(x.data, t, smoothing), x.dtype),
            )

    def check_best_scores(self, smooth_loss):
        """Equal scores have the loss log C. If softmax gives the targets, the loss is not 0."""
        for n_classes in (3, 6):
            t = self.watch(self.rng.integers(0, n_classes, 4))
            equal = self.lib.Variable(np.full((4, n_classes), 2.5))
            loss = float(self.data(smooth_loss(equal, t, 0.3)))
            yield (
                f"the loss of equal scores for {n_classes} classes",
                loss,
                float(np.log(n_classes)),
            )
            targets = np.full((4, n_classes), 0.3 / n_classes)
            targets[np.arange(4), t] += 0.7
            best = self.lib.Variable(self.watch(np.log(targets)))
            surprise = float(-(targets * np.log(targets)).sum() / 4)
            yield (
                "the loss if softmax gives the targets",
                float(self.data(smooth_loss(best, t, 0.3))),
                surprise,
            )

    def check_gradients(self, smooth_loss):
        """The scores have to be reached by the walk: compute with Variables all the way."""
        for x, t, smoothing in self.cases(0.1, 0.6):
            y, gy = smooth_loss(x, t, smoothing), self.array(dtype=x.dtype)
            self.data(y)
            self.walk(y, gy)
            expected = self.slopes(lambda a, t=t, s=smoothing: self.loss(a, t, s), x.data, gy)
            yield "x.grad", x.grad, expected

    wrongs = [
        Wrong(
            "no_smoothing",
            "the rows are added up, without a mean",
            TARGETS.replace(".mean()", ".sum()"),
        ),
        Wrong(
            "no_smoothing",
            "the mean is taken over the classes, too, and not only over the rows",
            TARGETS.replace(".sum(axis=1).mean()", ".mean()"),
        ),
        Wrong(
            "no_smoothing",
            "the minus is missing: the logarithm of a share is below 0",
            TARGETS.replace("return -", "return "),
        ),
        Wrong(
            "no_smoothing",
            "the shares are multiplied by the targets, and not their logarithms",
            TARGETS.replace("(log_p * targets)", "(F.exp(log_p) * targets)"),
        ),
        Wrong(
            "values",
            "the true class gets 1 - smoothing, without its share of what is spread",
            TARGETS.replace("+= 1", "= 1"),
        ),
        Wrong(
            "no_smoothing",
            "the losses of all classes are added up, without a share",
            SMOOTH.replace("smoothing / n_classes * ", ""),
        ),
        Wrong(
            "no_smoothing",
            "smoothing is what the true class gets, and not what is spread",
            SMOOTH.replace("(1 - smoothing)", "smoothing").replace(
                "smoothing / n", "(1 - smoothing) / n"
            ),
        ),
        Wrong(
            "no_smoothing",
            "the true class gets the smoothing only",
            SMOOTH.replace("(1 - smoothing)", "smoothing"),
        ),
        Wrong(
            "values",
            "the targets add up to more than 1, because the true class keeps all",
            SMOOTH.replace("(1 - smoothing) * ", ""),
        ),
        Wrong(
            "values",
            "each class gets the whole smoothing, and not its share of it",
            SMOOTH.replace("smoothing / n_classes", "smoothing"),
        ),
        Wrong(
            "values",
            "the smoothing is spread over the wrong classes only",
            """\
def smooth_loss(x, t, smoothing):
    n_classes = x.shape[1]
    share = smoothing / (n_classes - 1)
    loss = (1 - smoothing - share) * softmax_cross_entropy(x, t)
    for k in range(n_classes):
        loss = loss + share * softmax_cross_entropy(x, np.full(len(t), k))
    return loss
""",
        ),
        Wrong(
            "values",
            "nothing is smoothed",
            SMOOTH.replace("in range(n_classes)", "in []").replace("(1 - smoothing) * ", ""),
        ),
        Wrong(
            "values",
            "what is spread never arrives: only the true class is added",
            SMOOTH.replace("in range(n_classes)", "in []"),
        ),
        Wrong(
            "values",
            "the first class is left out",
            SMOOTH.replace("range(n_classes)", "range(1, n_classes)"),
        ),
        Wrong(
            "values",
            "the rows are taken for the classes",
            SMOOTH.replace("x.shape[1]", "len(t)").replace("range(n_classes)", "range(x.shape[1])"),
        ),
        Wrong(
            "values",
            "the smoothing is divided by 10, and not by the number of classes",
            SMOOTH.replace("smoothing / n_classes", "smoothing / 10"),
        ),
        Wrong(
            "values",
            "the scores are made shares first, and softmax comes twice",
            SMOOTH.replace("    n_classes", "    x = F.softmax(x)\n    n_classes"),
        ),
        Wrong(
            "best_scores",
            "the loss is made 0 for the best scores: the surprise of the targets is subtracted",
            SMOOTH.replace("    return loss", SURPRISE),
        ),
        Wrong(
            "gradients",
            "the walk ends in the loop: `.data` of the losses is added",
            SMOOTH.replace("(x, everywhere)", "(x, everywhere).data"),
        ),
        Wrong(
            "gradients",
            "the walk does not reach the true class: `.data` of its loss is taken",
            SMOOTH.replace("softmax_cross_entropy(x, t)", "softmax_cross_entropy(x, t).data"),
        ),
        Wrong(
            "gradients",
            "the loss is computed with arrays, and put into a new Variable",
            SMOOTH.replace("return loss", "return Variable(loss.data)"),
        ),
        Wrong(
            "values",
            "what is spread is taken to lose log C, as if all scores were equal",
            """\
def smooth_loss(x, t, smoothing):
    return softmax_cross_entropy(x, t) * (1 - smoothing) + smoothing * np.log(x.shape[1])
""",
        ),
        Wrong(
            "values",
            "in the loop, the smoothing is divided by the number of wrong classes",
            SMOOTH.replace("smoothing / n_classes", "smoothing / (n_classes - 1)"),
        ),
        Wrong(
            "no_smoothing",
            "a function of NumPy is asked for the logarithm of a Variable",
            TARGETS.replace(
                "Log().apply(F.exp(z).sum(axis=1, keepdims=True))",
                "np.log(F.exp(z).sum(axis=1, keepdims=True))",
            ),
        ),
        Wrong(
            "no_smoothing",
            "`F.log_softmax` is asked, which is in the library and not in this notebook",
            TARGETS.replace(
                "z - Log().apply(F.exp(z).sum(axis=1, keepdims=True))", "F.log_softmax(x)"
            ),
        ),
    ]
