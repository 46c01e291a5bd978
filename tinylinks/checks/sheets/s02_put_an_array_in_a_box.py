"""Sheet 2: what goes into the box, what can be asked of it, and which array it holds."""

import numpy as np

from tinylinks.checks.task import Task, Wrong

COLUMN = """\
def column(values):
    return Variable(np.array(values, np.float32).reshape(-1, 1))
"""


class column(Task):
    def look(self, column, values):
        """Yield what kind of thing the answer is, and if it is a Variable, its array."""
        got, expected = column(list(values)), np.array([[v] for v in values], np.float32)
        yield "the type of the answer", type(got).__name__, "Variable"
        if isinstance(got, self.lib.Variable):
            yield f"the data of column({values})", got.data, expected

    def numbers(self, count):
        return [round(float(v), 1) for v in self.array(count, low=2, high=9)]

    def check_floats(self, column):
        """One number in each row, and one axis more. Which type do networks use?"""
        for count in (2, 3, 5):
            yield from self.look(column, self.numbers(count))

    def check_whole_numbers(self, column):
        """The answer is the same as for floats: a column, in float32."""
        for count in (2, 4):
            yield from self.look(column, [int(v) for v in self.numbers(count)])

    def check_one_number(self, column):
        """A list with one number has a column, too: one row of one number."""
        yield from self.look(column, self.numbers(1))

    wrongs = [
        Wrong(
            "floats",
            "there is only one axis, which `.T` would not turn",
            COLUMN.replace(".reshape(-1, 1)", ""),
        ),
        Wrong("floats", "it is a row: one row of all numbers", COLUMN.replace("-1, 1", "1, -1")),
        Wrong(
            "floats",
            "no dtype is named, and NumPy takes float64",
            COLUMN.replace(", np.float32", ""),
        ),
        Wrong(
            "floats",
            "the array is not put into a box",
            COLUMN.replace("Variable(np", "(np"),
        ),
        Wrong(
            "floats",
            "the list itself is put into the box",
            "def column(values):\n    return Variable([[v] for v in values])\n",
        ),
        Wrong(
            "whole_numbers",
            "no dtype is named for whole numbers, and they stay whole",
            """\
def column(values):
    array = np.array(values).reshape(-1, 1)
    return Variable(array.astype(np.float32) if array.dtype == float else array)
""",
        ),
        Wrong(
            "one_number",
            "`squeeze` takes away every axis of length 1",
            """\
def column(values):
    return Variable(np.array([[v] for v in values], np.float32).squeeze())
""",
        ),
        Wrong(
            "one_number",
            "the sizes of the axes are guessed, and one number is an axis too few",
            """\
def column(values):
    array = np.array(values, np.float32)
    return Variable(array.reshape(-1, 1) if len(values) > 1 else array)
""",
        ),
    ]


NBYTES = """\
class Variable(Variable):
    @property
    def nbytes(self):
        return self.size * self.dtype.itemsize
"""


class Variable(Task):
    def bytes(self, Variable, *shape, dtype):
        x = Variable(self.watch(np.ones(shape, dtype)))
        expected = int(np.prod(shape)) * np.dtype(dtype).itemsize
        what = f"nbytes for the shape {shape} and {np.dtype(dtype).name}"
        got = x.nbytes
        yield what, "a method" if callable(got) else got, expected

    def check_float32(self, Variable):
        """A number of float32 takes 4 bytes. How many numbers are there?"""
        for shape in [(2, 3), (5,), (3, 1, 4)]:
            yield from self.bytes(Variable, *shape, dtype=np.float32)

    def check_other_types(self, Variable):
        """How many numbers are there? And how many bytes does each take, as its dtype says?"""
        for dtype in (np.float64, np.float16, np.int64, np.int8):
            yield from self.bytes(Variable, 2, 3, dtype=dtype)

    def check_no_axis(self, Variable):
        """An array without an axis holds one number."""
        for dtype in (np.float32, np.float64):
            yield from self.bytes(Variable, dtype=dtype)

    wrongs = [
        Wrong(
            "float32",
            "the numbers are counted, not the bytes",
            NBYTES.replace(" * self.dtype.itemsize", ""),
        ),
        Wrong(
            "float32",
            "each number is taken to have 8 bytes",
            NBYTES.replace("self.dtype.itemsize", "8"),
        ),
        Wrong(
            "float32",
            "`@property` is missing, so that `x.nbytes` is the method itself",
            NBYTES.replace("    @property\n", ""),
        ),
        Wrong(
            "float32",
            "only the first axis is counted",
            NBYTES.replace("self.size", "self.shape[0]"),
        ),
        Wrong(
            "float32",
            "only one number is counted",
            NBYTES.replace("self.size * ", ""),
        ),
        Wrong(
            "float32",
            "the dtype is multiplied, and not the number of its bytes",
            NBYTES.replace("self.dtype.itemsize", "self.dtype"),
        ),
        Wrong(
            "float32",
            "`itemsize` is asked of the Variable, which does not have it",
            NBYTES.replace("self.dtype.itemsize", "self.itemsize"),
        ),
        Wrong(
            "other_types",
            "each number is taken to have 4 bytes",
            NBYTES.replace("self.dtype.itemsize", "4"),
        ),
        Wrong(
            "no_axis",
            "`len` is used, which needs an axis",
            NBYTES.replace("self.size", "len(self) * (self.size // len(self))"),
        ),
    ]


NUDGED = """\
def nudged(x, place, h):
    if x.dtype.kind != "f":
        raise TypeError(f"nudged: expected floats, got {x.dtype}.")
    data = x.data.copy()
    data[place] += h
    return Variable(data, name=x.name)
"""


class nudged(Task):
    def look(self, nudged, x, place, h):
        """Yield what kind of thing the answer is, and if it is a Variable, its array."""
        expected = x.data.copy()
        expected[place] = expected[place] + h
        got = nudged(x, place, h)
        yield "the type of the answer", type(got).__name__, "Variable"
        if isinstance(got, self.lib.Variable):
            yield "the data of the answer", got.data, expected
            yield "the name of the answer", got.name, x.name

    def boxed(self, array, name=None):
        return self.lib.Variable(array, name=name)

    def check_values(self, nudged):
        """One number moves by h, at the place that is given. All others stay."""
        for shape, place in [((4,), 2), ((2, 3), (1, 0)), ((2, 1, 3), (0, 0, 2))]:
            x = self.boxed(self.array(*shape).copy())
            yield from self.look(nudged, x, place, 0.75)

    def check_x_stays(self, nudged):
        """x keeps its numbers, its array is shared with nobody, and the answer has its name."""
        for name in ("x", "weights"):
            x = self.boxed(self.array(2, 3).copy(), name)
            before = x.data.copy()
            got = nudged(x, (1, 2), 0.5)
            yield "x.data after the call", x.data, before
            yield "whether the array is shared", got.data is x.data, False
            yield "the name of the answer", got.name, name

    def check_types(self, nudged):
        """All is as with float64, and the answer has the dtype of x."""
        for dtype in (np.float32, np.float64, np.float16):
            x = self.boxed(self.array(2, 3, dtype=dtype))
            yield from self.look(nudged, x, (0, 1), 0.5)

    def check_whole_numbers(self, nudged):
        """In an array of whole numbers a nudge gets lost. Refuse it with a TypeError."""
        yield from self.look(nudged, self.boxed(self.array(3)), 0, 0.25)
        for dtype in (np.int64, np.int32, np.uint8):
            x = self.boxed(self.watch(np.arange(1, 7, dtype=dtype).reshape(2, 3)))
            what = f"the error for an array of {np.dtype(dtype).name}"
            error = self.raised(nudged, x, (1, 0), 0.75)
            yield what, error, "TypeError"
            if error == "no error":
                got = nudged(x, (1, 0), 0.75)
                yield "what came instead", str(getattr(got, "dtype", type(got).__name__)), "nothing"

    wrongs = [
        Wrong(
            "values",
            "all numbers are nudged",
            NUDGED.replace("data[place] += h", "data += h"),
        ),
        Wrong(
            "values",
            "the number becomes h, and is not moved by it",
            NUDGED.replace("+= h", "= h"),
        ),
        Wrong("values", "the number moves the other way", NUDGED.replace("+= h", "-= h")),
        Wrong(
            "values",
            "the array is not put into a box",
            NUDGED.replace("Variable(data, name=x.name)", "data"),
        ),
        Wrong(
            "values",
            "the number is returned, and not a Variable with all of them",
            NUDGED.replace("return Variable(data, name=x.name)", "return data[place]"),
        ),
        Wrong(
            "values",
            "a Variable is asked for the number at a place, which it cannot give",
            NUDGED.replace("data = x.data.copy()", "data = x"),
        ),
        Wrong(
            "values",
            "a place is taken to be two numbers, but where there is one axis it is a single one",
            NUDGED.replace("data[place]", "i, j = place\n    data[i, j]"),
        ),
        Wrong(
            "x_stays",
            "the array of x is changed, and shared with the answer",
            NUDGED.replace("x.data.copy()", "x.data"),
        ),
        Wrong(
            "x_stays",
            "`x.data[:]` is taken for a copy, but it is a view of the same numbers",
            NUDGED.replace("x.data.copy()", "x.data[:]"),
        ),
        Wrong(
            "x_stays",
            "the name of x is lost",
            NUDGED.replace(", name=x.name", ""),
        ),
        Wrong(
            "types",
            "the dtype of x is lost, and all becomes float64",
            NUDGED.replace("x.data.copy()", "np.array(x.data, float)"),
        ),
        Wrong(
            "types",
            "all becomes float32",
            NUDGED.replace("x.data.copy()", "np.array(x.data, np.float32)"),
        ),
        Wrong(
            "whole_numbers",
            "the nudge of a whole number is cut off without a word",
            """\
def nudged(x, place, h):
    data = x.data.copy()
    data[place] = data[place] + h
    return Variable(data, name=x.name)
""",
        ),
        Wrong(
            "whole_numbers",
            "whole numbers are turned into floats, where they are to be refused",
            NUDGED.replace(
                'raise TypeError(f"nudged: expected floats, got {x.dtype}.")',
                "x = Variable(x.data.astype(float), name=x.name)",
            ),
        ),
        Wrong(
            "whole_numbers",
            "the error is returned, and not raised",
            NUDGED.replace("raise TypeError", "return TypeError"),
        ),
        Wrong(
            "whole_numbers",
            "whole numbers are refused with an error of another kind, ValueError",
            NUDGED.replace("TypeError", "ValueError"),
        ),
        Wrong(
            "whole_numbers",
            "every array is refused",
            NUDGED.replace('!= "f"', '!= "float"'),
        ),
        Wrong(
            "whole_numbers",
            'only the kind "i" is refused, and whole numbers without a sign have the kind "u"',
            NUDGED.replace('!= "f"', '== "i"'),
        ),
    ]


SAFE = """\
class SafeVariable(Variable):
    def __init__(self, data, *, name=None):
        super().__init__(data, name=name)
        self._data = data.copy()
"""


class SafeVariable(Task):
    def check_later_changes(self, SafeVariable):
        """Whoever made the array may go on and change it. Whose array is in the box?"""
        for shape in [(3,), (2, 3)]:
            array = self.array(*shape).copy()
            before = array.copy()
            x = SafeVariable(array)
            array[...] = 100.0
            yield "x.data after the array was changed", x.data, before
            yield "whether x.data is the array that was given", x.data is array, False
            yield "whether x.data shares its memory", np.shares_memory(x.data, array), False

    def check_own_array(self, SafeVariable):
        """Copy once, at the door. Later readings give the array of the box itself."""
        array = self.array(2, 3)
        x = SafeVariable(array.copy())
        yield "x.data is x.data", x.data is x.data, True
        yield "x.data", x.data, array
        x.data[1, 2] = 8.0
        yield "x.data[1, 2] after 8.0 was written there", float(x.data[1, 2]), 8.0

    def check_keeps(self, SafeVariable):
        """The dtype and the name are as they were given."""
        for dtype in (np.float32, np.float64, np.int64):
            array = self.array(3, dtype=dtype, low=2, high=9)
            x = SafeVariable(array, name="weights")
            yield "x.data", x.data, array
            yield "x.name", x.name, "weights"
            yield "isinstance(x, Variable)", isinstance(x, self.lib.Variable), True
            yield "the name, if none is given", SafeVariable(array).name, None

    def check_door(self, SafeVariable):
        """Lists and bare numbers are refused with a TypeError, as before. Who checks that?"""
        array = self.array(3)
        yield "x.data", SafeVariable(array).data, array
        yield "the error for a list", self.raised(SafeVariable, [1.0, 2.0]), "TypeError"
        yield "the error for a number", self.raised(SafeVariable, 3.0), "TypeError"

    wrongs = [
        Wrong(
            "later_changes",
            "the box holds the very array that it was given, which `np.asarray` hands on, too",
            SAFE.replace("data.copy()", "data"),
        ),
        Wrong(
            "later_changes",
            "`data[:]` is taken for a copy, but it is a view of the same numbers",
            SAFE.replace("data.copy()", "data[:]"),
        ),
        Wrong(
            "later_changes",
            "the array is copied at each reading, not at the door",
            """\
class SafeVariable(Variable):
    @property
    def data(self):
        return self._data.copy()
""",
        ),
        Wrong(
            "own_array",
            "the array is copied at the door, and at each reading again",
            SAFE
            + """
    @property
    def data(self):
        return self._data.copy()
""",
        ),
        Wrong(
            "own_array",
            "the array of the box cannot be written to",
            SAFE + "        self._data.flags.writeable = False\n",
        ),
        Wrong(
            "keeps",
            "it is a class of its own, and no kind of Variable",
            """\
class SafeVariable:
    def __init__(self, data, *, name=None):
        errors.check_data(data, backend.is_array_type)
        self.data = data.copy()
        self.name = name
""",
        ),
        Wrong("keeps", "the name is lost", SAFE.replace("name=name", "name=None")),
        Wrong(
            "keeps",
            "all becomes float64",
            SAFE.replace("data.copy()", "np.array(data, float)"),
        ),
        Wrong(
            "keeps",
            "all becomes float32",
            SAFE.replace("data.copy()", "np.array(data, np.float32)"),
        ),
        Wrong(
            "door",
            "`np.array` makes an array of everything before the door can refuse it",
            """\
class SafeVariable(Variable):
    def __init__(self, data, *, name=None):
        super().__init__(np.array(data), name=name)
""",
        ),
        Wrong(
            "door",
            "`copy` is asked of a number, before the door can say what is wrong with it",
            """\
class SafeVariable(Variable):
    def __init__(self, data, *, name=None):
        super().__init__(data.copy(), name=name)
""",
        ),
        Wrong(
            "door",
            "`super().__init__` is not called, and nobody refuses a list",
            """\
class SafeVariable(Variable):
    def __init__(self, data, *, name=None):
        self._data = data.copy()
        self.name = name
""",
        ),
    ]
