"""Sheet 17: how many windows there are, what they see, and what goes back to the pixels."""

import numpy as np

from tinylinks.checks.task import Mistake, Task, Wrong

SIZE = """\
def out_size(n, k, stride, pad):
    return (n + 2 * pad - k) // stride + 1
"""


class out_size(Task):
    def windows(self, n, k, stride, pad):
        """Count the places at which a window begins and still fits."""
        return len([i for i in range(-pad, n + pad, stride) if i + k <= n + pad])

    def cases(self, strides, pads):
        for stride in strides:
            for pad in pads:
                for n, k in [(8, 3), (9, 4), (int(self.rng.integers(10, 30)), 5)]:
                    expected = self.windows(n, k, stride, pad)
                    yield f"out_size({n}, {k}, {stride}, {pad})", (n, k, stride, pad), expected

    def check_simple(self, out_size):
        """At how many places can the window begin, if it moves by one?"""
        for said, arguments, expected in self.cases([1], [0]):
            yield said, out_size(*arguments), expected

    def check_pad(self, out_size):
        """The zeros lie on both sides of the image."""
        for said, arguments, expected in self.cases([1], [1, 2]):
            yield said, out_size(*arguments), expected

    def check_stride(self, out_size):
        """How often does the stride fit into what is left? A window that does not fit is none."""
        for said, arguments, expected in self.cases([2, 3], [0, 1]):
            yield said, out_size(*arguments), expected
        yield "out_size(5, 5, 4, 0)", out_size(5, 5, 4, 0), 1

    wrongs = [
        Wrong(
            "stride",
            "stride and pad are exchanged",
            SIZE.replace("stride, pad", "pad, stride").replace("// stride", "// (stride or 1)"),
        ),
        Wrong(
            "simple",
            "the moves are counted and not the windows: + 1 is forgotten",
            SIZE.replace(" + 1", ""),
        ),
        Wrong("simple", "each pixel has a window", SIZE.replace(" - k", " - 1")),
        Wrong(
            "simple",
            "the windows lie side by side, as in a pooling",
            SIZE.replace("- k) // stride + 1", ") // k"),
        ),
        Wrong("simple", "the 1 is added twice", SIZE.replace(" + 1", " + 2")),
        Wrong("simple", "the number is a float: `/` instead of `//`", SIZE.replace("//", "/")),
        Wrong("pad", "the padding lies on one side only", SIZE.replace("2 * pad", "pad")),
        Wrong("pad", "the padding is left out", SIZE.replace("2 * pad", "0")),
        Wrong("pad", "the padding is taken away", SIZE.replace("n + 2", "n - 2")),
        Wrong("stride", "the stride is left out", SIZE.replace(" // stride", "")),
        Wrong(
            "stride",
            "it is rounded up, and one window reaches beyond the edge",
            SIZE.replace("(n + 2 * pad - k) //", "-(-(n + 2 * pad - k) //").replace(
                "stride +", "stride) +"
            ),
        ),
        Wrong(
            "stride",
            "the 1 is added before it is divided",
            SIZE.replace("- k) // stride + 1", "- k + 1) // stride"),
        ),
        Wrong(
            "stride",
            "it is rounded to the nearest number",
            SIZE.replace("(n + 2 * pad - k) // stride", "round((n + 2 * pad - k) / stride)"),
        ),
    ]


AVERAGE = """\
class GlobalAverage(Function):
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, gy):
        N, C, H, W = self.shape
        one = gy[:, :, None, None] / (H * W)
        return np.broadcast_to(one, self.shape).copy()
"""
LAST = """\
        one = gy[:, :, None, None] / (H * W)
        return np.broadcast_to(one, self.shape).copy()
"""


class GlobalAverage(Task):
    shapes = ((2, 3, 4, 5), (3, 2, 5, 4), (1, 4, 2, 6))

    def apply(self, GlobalAverage, x):
        y = GlobalAverage().apply(x)
        if not hasattr(y, "creator"):
            raise Mistake("your answer gives no Variable: is it derived from Function?")
        return y

    def check_values(self, GlobalAverage):
        """Which axes are height and width? The number of an image and of a channel stay."""
        for shape in self.shapes:
            x = self.array(*shape)
            y = self.apply(GlobalAverage, self.lib.Variable(x))
            expected = [[channel.sum() / channel.size for channel in image] for image in x]
            yield "y", y.data, np.array(expected)

    def check_gradient(self, GlobalAverage):
        """Each pixel has the same part in its average: how large? And where does gy come in?"""
        for shape in self.shapes:
            x, gy = self.variable(*shape), self.array(*shape[:2])
            self.walk(self.apply(GlobalAverage, x), gy)
            expected = np.zeros(shape)
            for n, c in np.ndindex(*shape[:2]):
                expected[n, c] += gy[n, c] / (shape[2] * shape[3])
            yield "x.grad", x.grad, expected

    def check_dtype(self, GlobalAverage):
        """Images are float32 most of the time, and so are their gradients."""
        for dtype in (np.float32, np.float64):
            x, gy = self.variable(2, 3, 4, 5, dtype=dtype), self.array(2, 3, dtype=dtype)
            y = self.apply(GlobalAverage, x)
            self.walk(y, gy)
            yield "y", y.data, x.data.astype(float).mean(axis=(2, 3)).astype(dtype)
            yield "x.grad", x.grad, (np.ones(x.shape) * gy[:, :, None, None] / 20).astype(dtype)

    def check_in_a_graph(self, GlobalAverage):
        """There are two calls, with images of two shapes. Each gradient fits the images of its
        own call."""
        x, z = self.variable(2, 3, 4, 5), self.variable(2, 3, 2, 3)
        gy = self.array(2, 3)
        self.walk(self.apply(GlobalAverage, x) * self.apply(GlobalAverage, z), gy)
        for name, one, other in [("x", x, z), ("z", z, x)]:
            h, w = one.shape[2:]
            share = gy * other.data.mean(axis=(2, 3)) / (h * w)
            yield (
                f"{name}.grad",
                getattr(one, "grad", None),
                np.ones(one.shape) * share[..., None, None],
            )

    wrongs = [
        Wrong(
            "gradient",
            "the pixels themselves are in the gradient, as in a product",
            AVERAGE.replace("self.shape = x.shape", "self.x, self.shape = x, x.shape").replace(
                "self.shape).copy()", "self.shape) * self.x"
            ),
        ),
        Wrong(
            "gradient",
            "it is divided by the number of all numbers in x",
            AVERAGE.replace("(H * W)", "(N * C * H * W)"),
        ),
        Wrong(
            "gradient",
            "the shape has a local name, which backward does not know",
            AVERAGE.replace("self.shape", "shape"),
        ),
        Wrong(
            "gradient",
            "all pixels get the average of gy",
            AVERAGE.replace(LAST, "        return np.full(self.shape, gy.mean())\n"),
        ),
        Wrong(
            "values", "the average goes over the channels", AVERAGE.replace("axis=(2, 3)", "axis=1")
        ),
        Wrong(
            "values", "the average goes over the images", AVERAGE.replace("axis=(2, 3)", "axis=0")
        ),
        Wrong(
            "values",
            "only one axis is averaged, and the other is left",
            AVERAGE.replace("axis=(2, 3)", "axis=3"),
        ),
        Wrong("values", "everything is averaged to one number", AVERAGE.replace("axis=(2, 3)", "")),
        Wrong(
            "values",
            "the channels are averaged away, too",
            AVERAGE.replace("axis=(2, 3)", "axis=(1, 2, 3)"),
        ),
        Wrong(
            "values",
            "the two axes are kept with length 1: `keepdims`",
            AVERAGE.replace("(2, 3))", "(2, 3), keepdims=True)"),
        ),
        Wrong(
            "values",
            "the pixels are added up, and not averaged",
            AVERAGE.replace("x.mean(", "x.sum("),
        ),
        Wrong(
            "values",
            "the largest is taken, as in a max pooling",
            AVERAGE.replace("x.mean(", "x.max("),
        ),
        Wrong(
            "gradient",
            "it is the gradient of a sum: nothing is divided",
            AVERAGE.replace(" / (H * W)", ""),
        ),
        Wrong("gradient", "it is divided by the height only", AVERAGE.replace("(H * W)", "H")),
        Wrong("gradient", "it is divided by the width only", AVERAGE.replace("(H * W)", "W")),
        Wrong(
            "gradient",
            "it is divided by the number of channels, too",
            AVERAGE.replace("(H * W)", "(C * H * W)"),
        ),
        Wrong(
            "gradient",
            "it is divided by the number of images, too",
            AVERAGE.replace("(H * W)", "(N * H * W)"),
        ),
        Wrong(
            "gradient",
            "gy is not used, as if the walk began here with ones",
            AVERAGE.replace("gy[:, :, None, None] /", "np.ones((N, C, 1, 1)) /"),
        ),
        Wrong(
            "gradient",
            "the gradient has the shape of y, and not that of x",
            AVERAGE.replace(LAST, "        return gy / (H * W)\n"),
        ),
        Wrong(
            "gradient",
            "the gradient keeps two axes of length 1, and is not laid over the image",
            AVERAGE.replace(LAST, "        return gy[:, :, None, None] / (H * W)\n"),
        ),
        Wrong(
            "gradient",
            "the new axes are in front, and channels meet the width",
            AVERAGE.replace("gy[:, :, None, None]", "gy[None, None]"),
        ),
        Wrong(
            "gradient",
            "only the first pixel of each channel gets the gradient",
            AVERAGE.replace(
                LAST,
                "        gx = np.zeros(self.shape)\n        gx[..., 0, 0] = gy\n        return gx",
            ),
        ),
        Wrong(
            "dtype",
            "the gradient is laid into an array of float64",
            AVERAGE.replace(
                LAST, "        return np.zeros(self.shape) + gy[:, :, None, None] / (H * W)\n"
            ),
        ),
        Wrong(
            "dtype",
            "the result becomes float64",
            AVERAGE.replace("x.mean(axis=(2, 3))", "x.mean(axis=(2, 3), dtype=np.float64)"),
        ),
        Wrong(
            "in_a_graph",
            "the shape is kept in the class, which all calls share",
            AVERAGE.replace("self.shape = ", "GlobalAverage.shape = "),
        ),
    ]


COLUMNS = """\
def to_columns(image, ksize, stride):
    (C, H, W), (kh, kw) = image.shape, ksize
    columns = []
    for top in range(0, H - kh + 1, stride):
        for left in range(0, W - kw + 1, stride):
            window = image[:, top : top + kh, left : left + kw]
            columns.append(window.ravel())
    return np.stack(columns, axis=1)
"""
DOWN = "    for top in range(0, H - kh + 1, stride):"
ACROSS = "        for left in range(0, W - kw + 1, stride):"


class to_columns(Task):
    without = ("im2col",)

    def expected(self, image, ksize, stride):
        """Ask for each number where it comes from."""
        (C, H, W), (kh, kw) = image.shape, ksize
        oh, ow = (H - kh) // stride + 1, (W - kw) // stride + 1
        found = np.zeros((C * kh * kw, oh * ow), image.dtype)
        for c, y, x, i, j in np.ndindex(C, kh, kw, oh, ow):
            found[(c * kh + y) * kw + x, i * ow + j] = image[c, i * stride + y, j * stride + x]
        return found

    def compared(self, to_columns, shape, ksize, stride, dtype=np.float64):
        image = self.array(*shape, dtype=dtype)
        found = to_columns(image, ksize, stride)
        said = f"an image of shape {shape}, windows of {ksize} and a stride of {stride}"
        return f"the table for {said}", found, self.expected(image, ksize, stride)

    def check_one_channel(self, to_columns):
        """What a window sees becomes a column, row by row. The windows follow row by row, too."""
        yield self.compared(to_columns, (1, 3, 4), (2, 2), 1)
        yield self.compared(to_columns, (1, 5, 3), (2, 2), 1, np.float32)

    def check_channels(self, to_columns):
        """A window sees all channels: first all of channel 0, then all of channel 1."""
        yield self.compared(to_columns, (2, 3, 4), (2, 2), 1)
        yield self.compared(to_columns, (3, 4, 3), (2, 2), 1)

    def check_ksize(self, to_columns):
        """The first number of ksize is the height of a window, the second its width."""
        yield self.compared(to_columns, (2, 4, 5), (1, 3), 1)
        yield self.compared(to_columns, (2, 5, 4), (3, 2), 1)

    def check_stride(self, to_columns):
        """The stride is how far a window moves, across and down. One that does not fit is none."""
        yield self.compared(to_columns, (1, 6, 7), (2, 2), 2)
        yield self.compared(to_columns, (2, 8, 6), (3, 2), 3)

    def check_convolution(self, to_columns):
        """Filters as rows, times this table, are the convolution. Does it agree?"""
        image, filters = self.array(2, 5, 4), self.array(3, 2, 2, 3)
        table = to_columns(image, (2, 3), 1)
        if not isinstance(table, np.ndarray) or table.ndim != 2 or len(table) != 12:
            raise Mistake("your table does not have a row for each of the 12 numbers of a filter.")
        y = (filters.reshape(3, -1) @ table).reshape(-1)
        expected = [
            (filter * image[:, i : i + 2, j : j + 3]).sum()
            for filter in filters
            for i in range(4)
            for j in range(2)
        ]
        yield "the result of three filters", y, np.array(expected)

    wrongs = [
        Wrong(
            "convolution",
            "each channel of a window is turned around, as a convolution does in mathematics",
            COLUMNS.replace("window.ravel()", "window[:, ::-1, ::-1].ravel()"),
        ),
        Wrong(
            "one_channel",
            "the columns are laid out one after the other in one row",
            COLUMNS.replace("np.stack(columns, axis=1)", "np.concatenate(columns)"),
        ),
        Wrong(
            "one_channel",
            "the windows lie in the rows: the table is transposed",
            COLUMNS.replace("axis=1", "axis=0"),
        ),
        Wrong(
            "one_channel",
            "the windows follow column by column",
            COLUMNS.replace(DOWN, "    for ...")
            .replace(ACROSS, "    " + DOWN)
            .replace("    for ...", ACROSS[4:]),
        ),
        Wrong(
            "one_channel",
            "each window is read column by column",
            COLUMNS.replace("window.ravel()", "window.transpose(0, 2, 1).ravel()"),
        ),
        Wrong(
            "one_channel",
            "the + 1 is forgotten, and the last windows are missing",
            COLUMNS.replace(" + 1, stride", ", stride"),
        ),
        Wrong(
            "one_channel",
            "there is a window at each pixel, and those at the edge are cut off",
            COLUMNS.replace("H - kh + 1", "H").replace("W - kw + 1", "W"),
        ),
        Wrong(
            "one_channel",
            "the windows keep their axes",
            COLUMNS.replace("window.ravel()", "window"),
        ),
        Wrong(
            "one_channel",
            "each window is turned around",
            COLUMNS.replace("window.ravel()", "window.ravel()[::-1]"),
        ),
        Wrong(
            "one_channel",
            "a list comes back, and no array",
            COLUMNS.replace("np.stack(columns, axis=1)", "columns"),
        ),
        Wrong(
            "one_channel",
            "the dtype gets lost",
            COLUMNS.replace("axis=1)", "axis=1).astype(float)"),
        ),
        Wrong(
            "channels",
            "the channels follow place by place, and not one after the other",
            COLUMNS.replace("window.ravel()", "window.transpose(1, 2, 0).ravel()"),
        ),
        Wrong(
            "channels", "only the first channel is seen", COLUMNS.replace("image[:,", "image[:1,")
        ),
        Wrong(
            "channels",
            "the channels are added up",
            COLUMNS.replace("window.ravel()", "window.sum(axis=0).ravel()"),
        ),
        Wrong(
            "channels",
            "each channel has columns of its own",
            COLUMNS.replace(
                "columns.append(window.ravel())",
                "columns += [channel.ravel() for channel in window]",
            ),
        ),
        Wrong(
            "ksize",
            "height and width of a window are exchanged",
            COLUMNS.replace("(kh, kw) =", "(kw, kh) ="),
        ),
        Wrong(
            "ksize",
            "windows are always as high as wide",
            COLUMNS.replace("ksize\n    columns", "(ksize[1], ksize[1])\n    columns"),
        ),
        Wrong("stride", "the stride is left out", COLUMNS.replace("1, stride)", "1)")),
        Wrong(
            "stride",
            "the stride is used across only",
            COLUMNS.replace("kh + 1, stride)", "kh + 1)"),
        ),
        Wrong(
            "stride", "the stride is used down only", COLUMNS.replace("kw + 1, stride)", "kw + 1)")
        ),
        Wrong(
            "stride",
            "the stride spreads the pixels inside a window",
            COLUMNS.replace("1, stride)", "1)")
            .replace("top + kh", "top + stride * kh : stride")
            .replace("left + kw", "left + stride * kw : stride")
            .replace("H - kh", "H - stride * (kh - 1) - 1")
            .replace("W - kw", "W - stride * (kw - 1) - 1"),
        ),
    ]


GRAD = """\
def conv1d_grad(gy, w, n, stride=1):
    gx = np.zeros(n)
    for i in range(len(gy)):
        left = stride * i
        gx[left : left + len(w)] += gy[i] * w
    return gx
"""


class conv1d_grad(Task):
    def expected(self, gy, w, n, stride=1):
        def convolve(x):
            return np.array([x[stride * i : stride * i + len(w)] @ w for i in range(len(gy))])

        return self.slopes(convolve, np.zeros(n), gy)

    def compared(self, conv1d_grad, n, k, stride=1):
        windows = (n - k) // stride + 1
        gy, w = self.array(windows), self.array(k)
        given = (gy, w, n) if stride == 1 else (gy, w, n, stride)
        said = f"the gradient for {n} pixels, a filter of {k}" + f" and a stride of {stride}" * (
            stride > 1
        )
        return said, conv1d_grad(*given), self.expected(gy, w, n, stride)

    def check_one_window(self, conv1d_grad):
        """Which weight of the filter lay on which pixel of the window?"""
        yield self.compared(conv1d_grad, 2, 2)
        yield self.compared(conv1d_grad, 3, 3)

    def check_overlap(self, conv1d_grad):
        """A pixel that several windows saw gets something from each of them, and it adds up."""
        yield self.compared(conv1d_grad, 4, 2)
        yield self.compared(conv1d_grad, 7, 3)
        yield self.compared(conv1d_grad, 6, 5)

    def check_stride(self, conv1d_grad):
        """Where does window i begin, if each window lies further to the right by the stride?"""
        yield self.compared(conv1d_grad, 8, 2, 2)
        yield self.compared(conv1d_grad, 9, 3, 2)
        yield self.compared(conv1d_grad, 10, 4, 3)

    def check_left_over(self, conv1d_grad):
        """The last pixels may have been seen by no window. They are there all the same."""
        yield self.compared(conv1d_grad, 8, 3, 2)
        yield self.compared(conv1d_grad, 9, 2, 4)

    wrongs = [
        Wrong(
            "overlap",
            "`return` stands inside the loop, and only the first window counts",
            GRAD.replace("    return gx", "        return gx"),
        ),
        Wrong(
            "stride",
            "the filter is laid over gy as in a full convolution, which knows no stride",
            "def conv1d_grad(gy, w, n, stride=1):\n    return np.convolve(gy, w)\n",
        ),
        Wrong(
            "one_window",
            "the filter is laid down the wrong way round",
            GRAD.replace("* w\n", "* w[::-1]\n"),
        ),
        Wrong(
            "overlap",
            "the filter slides over gy, as forward does over x",
            'def conv1d_grad(gy, w, n, stride=1):\n    return np.convolve(gy, w[::-1], "valid")\n',
        ),
        Wrong(
            "one_window", "gy is not used, as if all of it were 1", GRAD.replace("gy[i] * w", "w")
        ),
        Wrong(
            "one_window",
            "all pixels of a window get the number of gy as it is",
            GRAD.replace("gy[i] * w", "gy[i]"),
        ),
        Wrong(
            "one_window",
            "only the first pixel of each window gets something",
            GRAD.replace("left + len(w)]", "left + 1]").replace("* w\n", "* w[0]\n"),
        ),
        Wrong(
            "one_window",
            "each window gets the sum of the filter",
            GRAD.replace("* w\n", "* w.sum()\n"),
        ),
        Wrong(
            "overlap",
            "the later window overwrites what the earlier one brought",
            GRAD.replace("+=", "="),
        ),
        Wrong(
            "overlap",
            "an average is taken where windows overlap",
            GRAD.replace("gx = np.zeros(n)", "gx, seen = np.zeros(n), np.zeros(n)")
            .replace("        gx[", "        seen[left : left + len(w)] += 1\n        gx[")
            .replace("return gx", "return gx / np.maximum(seen, 1)"),
        ),
        Wrong("overlap", "all windows are laid on the first one", GRAD.replace("stride * i", "0")),
        Wrong(
            "overlap",
            "the last window is forgotten",
            GRAD.replace("range(len(gy))", "range(max(len(gy) - 1, 1))"),
        ),
        Wrong(
            "overlap",
            "the numbers of gy are taken from the last to the first",
            GRAD.replace("gy[i]", "gy[-1 - i]"),
        ),
        Wrong(
            "stride",
            "the stride is left out, and the windows lie side by side by one",
            GRAD.replace("stride * i", "i"),
        ),
        Wrong(
            "stride",
            "the stride is added once and not at each window",
            GRAD.replace("stride * i", "i + stride - 1"),
        ),
        Wrong(
            "stride",
            "the windows lie apart by their own size",
            GRAD.replace("stride * i", "i if stride == 1 else len(w) * i"),
        ),
        Wrong(
            "left_over",
            "the gradient ends with the last window",
            GRAD.replace("np.zeros(n)", "np.zeros(stride * (len(gy) - 1) + len(w))"),
        ),
    ]
