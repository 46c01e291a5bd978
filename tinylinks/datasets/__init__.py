"""Data to learn from: handwritten digits, a split, and mini-batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from tinylinks import errors
from tinylinks.backend import get_array_module, is_array_type

__all__ = ["MiniBatches", "get_digits", "split"]


def get_digits(ndim: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return 1,797 handwritten digits, and which digit each of them is.

    Parameters
    ----------
    ndim : int
        How many axes a picture has: 1 for 64 numbers in a row, 2 for 8 rows of 8, 3 for
        (channels, rows, columns), with a single channel.

    Returns
    -------
    x : float32 array of shape (1797, 64), (1797, 8, 8) or (1797, 1, 8, 8)
        The pictures: how dark each place is, from 0 to 1.
    t : int32 array of shape (1797,)
        The digits, from 0 to 9.

    Raises
    ------
    ValueError
        If `ndim` is not 1, 2 or 3.

    Examples
    --------
    >>> from tinylinks import datasets
    >>> x, t = datasets.get_digits()
    >>> x.shape, t[:3]
    ((1797, 64), array([0, 1, 2], dtype=int32))
    >>> x[0].reshape(8, 8)[:2] * 16
    array([[ 0.,  0.,  5., 13.,  9.,  1.,  0.,  0.],
           [ 0.,  0., 13., 15., 10., 15.,  5.,  0.]], dtype=float32)

    Notes
    -----
    The digits are those of Alpaydin and Kaynak (1998), Optical Recognition of Handwritten
    Digits, UCI Machine Learning Repository, doi:10.24432/C50P49, licence CC BY 4.0: its test
    set. `ndim` is that of Chainer's ``chainer.datasets.get_mnist``.
    """
    errors.check_ndim("get_digits", ndim)
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        x, t = file["x"], file["t"]
    shape = {1: (64,), 2: (8, 8), 3: (1, 8, 8)}[ndim]
    return (x / np.float32(16)).reshape(-1, *shape), t.astype(np.int32)


def split(
    arrays: Sequence[Any], share: float, seed: int | None = None
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Divide examples at random into those to learn from and those to be tested on.

    Parameters
    ----------
    arrays : sequence of arrays
        All of one length; row i of each belongs to example i.
    share : float
        From 0 to 1: how large a part is for the test. It is rounded to whole examples.
    seed : int, optional
        The same seed gives the same parts. Without one, NumPy's generator gives it.

    Returns
    -------
    train, test : tuple of arrays
        In each as many arrays as in `arrays`; they are copies.

    Raises
    ------
    TypeError
        If `arrays` are not arrays.
    ValueError
        If their lengths differ or are 0, `share` leaves one part without examples, or `seed`
        is not a whole number from 0 to 2 ** 32 - 1.

    Examples
    --------
    >>> from tinylinks import datasets
    >>> train, test = datasets.split(datasets.get_digits(), 0.2, seed=0)
    >>> [array.shape for array in train + test]
    [(1438, 64), (1438,), (359, 64), (359,)]
    """
    n = errors.check_examples("split", arrays, is_array_type)
    errors.check_share(share, n)
    order = np.random.RandomState(_seed("split", seed)).permutation(n)
    n_train = n - round(n * share)
    return _pick(arrays, order[:n_train]), _pick(arrays, order[n_train:])


def _seed(operation: str, seed: int | None) -> int:
    """Return `seed`, or a number from NumPy's generator."""
    errors.check_seed(operation, seed)
    return np.random.randint(2**31) if seed is None else seed


def _pick(arrays: Sequence[Any], rows: np.ndarray) -> tuple[Any, ...]:
    """Return copies of some rows of each array."""
    return tuple([array[get_array_module(array).asarray(rows)] for array in arrays])


class MiniBatches:
    """Mini-batches of examples, each example once an epoch.

    A loop over it goes through the rest of the current epoch, as a rule all of it. Each epoch
    has an order of its own, made from `seed` and the number of the epoch: three numbers tell
    how far a training has come. `serializers` saves and loads them, so that a training that was
    stopped, even in the middle of an epoch, goes on with the same mini-batches.

    There is one such place, so one loop at a time can go on from it. For a loop inside of a
    loop, make a second `MiniBatches` from the same arrays.

    Parameters
    ----------
    *arrays : arrays
        All of one length; row i of each belongs to example i.
    batch_size : int
        How many examples a mini-batch has. The last one of an epoch may have fewer.
    shuffle : bool
        Whether to go through the examples in random order.
    seed : int, optional
        The same seed gives the same orders. Without one, NumPy's generator gives it.

    Attributes
    ----------
    epoch : int
        How many epochs have been given out. It counts on with the last mini-batch of an epoch.
    position : int
        How many examples of the current epoch have been given out; 0 after the last ones.

    Raises
    ------
    RuntimeError
        If a loop goes on after another one has moved the position.
    TypeError
        If one of `arrays` is not an array.
    ValueError
        If their lengths differ or are 0, `batch_size` is not a whole number above 0, or `seed`
        not one from 0 to 2 ** 32 - 1.

    Examples
    --------
    >>> import numpy as np
    >>> from tinylinks.datasets import MiniBatches
    >>> x, t = np.arange(10.0).reshape(5, 2), np.array([0, 1, 0, 1, 0])
    >>> batches = MiniBatches(x, t, batch_size=2, seed=0)
    >>> for x_batch, t_batch in batches:
    ...     print(x_batch.shape, t_batch)
    (2, 2) [0 0]
    (2, 2) [1 0]
    (1, 2) [1]
    >>> batches.epoch, len(batches)
    (1, 3)
    """

    def __init__(
        self, *arrays: Any, batch_size: int, shuffle: bool = True, seed: int | None = None
    ) -> None:
        self.n = errors.check_examples("MiniBatches", arrays, is_array_type)
        errors.check_batch_size(batch_size)
        errors.check_flag("MiniBatches", "shuffle", shuffle, "handwriting")
        self.arrays, self.batch_size, self.shuffle = arrays, batch_size, shuffle
        self.seed = _seed("MiniBatches", seed)
        self.epoch = self.position = 0

    def __len__(self) -> int:
        """Return how many mini-batches an epoch has."""
        return -(-self.n // self.batch_size)  # rounded up

    def _order(self) -> np.ndarray:
        """Return the order of the examples in this epoch."""
        if not self.shuffle:
            return np.arange(self.n)
        return np.random.RandomState([self.seed, self.epoch]).permutation(self.n)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        order, position = self._order(), self.position
        while position < self.n:
            rows = order[position : position + self.batch_size]
            position += len(rows)
            # Before the batch is used: to save then, or to leave the loop, comes after it.
            self.epoch, self.position = self._after(self.epoch, position)
            here = self.epoch, self.position
            yield _pick(self.arrays, rows)
            if position < self.n:
                errors.check_not_moved(here, (self.epoch, self.position))

    def _after(self, epoch: int, position: int) -> tuple[int, int]:
        """Return epoch and position, where the end of an epoch is the start of the next."""
        return (epoch + 1, 0) if position == self.n else (epoch, position)

    def serialize(self, serializer: Any) -> None:
        """Save or load how far the loop has come: the seed, the epoch and the position in it."""
        errors.check_same_examples(serializer("n", self.n), self.n)
        names = ("seed", "epoch", "position")
        seed, epoch, position = [serializer(name, getattr(self, name)) for name in names]
        errors.check_stand(seed, epoch, position, self.n)
        self.seed, (self.epoch, self.position) = seed, self._after(epoch, position)


if not TYPE_CHECKING:  # a type checker should not think that every name is here

    def __getattr__(name: str) -> NoReturn:
        """Say which names there are, for one that is not."""
        errors.no_name("datasets", name, __all__, "handwriting")
