"""The digits, the split, and mini-batches that go on where they stopped."""

import io
import itertools
import threading
from pathlib import Path

import numpy as np
import pytest

from tinylinks import backend, datasets, serializers
from tinylinks.datasets import MiniBatches

FOLDER = Path(datasets.__file__).parent


def values(array):
    return backend.to_cpu(array).tolist()


def examples(xp=np, n=10):
    """Return rows that tell which example they are, and their labels."""
    rows = np.arange(n)
    return xp.asarray(np.stack([rows, rows * 10], axis=1)), xp.asarray(rows)


def labels(batches):
    """Run the rest of an epoch; return the labels of each mini-batch."""
    return [values(t) for _, t in batches]


# ---- digits ----


def test_the_digits_are_those_of_the_source():
    x, t = datasets.get_digits()
    assert (x.shape, x.dtype, t.shape, t.dtype) == ((1797, 64), np.float32, (1797,), np.int32)
    assert np.bincount(t).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    whole = x * 16
    assert (whole == whole.astype(int)).all()
    assert (whole.min(), whole.max(), whole.sum(dtype=np.float64)) == (0, 16, 561718)
    assert t[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert t[-5:].tolist() == [9, 0, 8, 9, 8]


def test_a_picture_of_a_zero_is_dark_in_a_ring():
    x, _ = datasets.get_digits(ndim=2)
    assert (x[0] > 0.25).astype(int).tolist() == [
        [0, 0, 1, 1, 1, 0, 0, 0],
        [0, 0, 1, 1, 1, 1, 1, 0],
        [0, 0, 1, 0, 0, 1, 1, 0],
        [0, 0, 1, 0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0, 1, 1, 0],
        [0, 0, 1, 0, 0, 1, 1, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 1, 1, 1, 0, 0, 0],
    ]


@pytest.mark.parametrize(("ndim", "shape"), [(1, (64,)), (2, (8, 8)), (3, (1, 8, 8))])
def test_ndim_says_how_a_picture_is_laid_out(ndim, shape):
    x, t = datasets.get_digits(ndim=ndim)
    flat, same = datasets.get_digits()
    assert x.shape == (1797, *shape)
    assert x.reshape(1797, 64).tolist() == flat.tolist()
    assert t.tolist() == same.tolist()


def test_each_call_gives_fresh_arrays():
    x, t = datasets.get_digits()
    first = x[0].tolist()
    x[:], t[:] = -1, -1
    again, labels_again = datasets.get_digits()
    assert again[0].tolist() == first
    assert labels_again[0] == 0


def test_the_file_is_small_and_beside_it_stand_source_and_licence():
    assert (FOLDER / "digits.npz").stat().st_size < 50_000
    text = (FOLDER / "digits.txt").read_text(encoding="utf-8")
    for word in ("Alpaydin", "Kaynak", "UCI", "10.24432/C50P49", "CC BY 4.0"):
        assert word in text


# ---- split ----


def test_split_gives_each_example_to_one_part(xp):
    x, t = examples(xp)
    train, test = datasets.split((x, t), 0.3, seed=0)
    assert [part.shape for part in train + test] == [(7, 2), (7,), (3, 2), (3,)]
    assert sorted(values(train[1]) + values(test[1])) == list(range(10))
    for rows, marks in (train, test):
        assert (type(rows), type(marks)) == (xp.ndarray, xp.ndarray)
        assert values(rows) == [[n, 10 * n] for n in values(marks)]


def test_split_is_drawn_at_random_and_known_from_the_seed():
    x, t = examples(n=100)
    one, same, other = [datasets.split((x, t), 0.2, seed=seed)[1][1] for seed in (1, 1, 2)]
    assert one.tolist() == same.tolist()
    assert one.tolist() != sorted(one.tolist())
    assert set(one.tolist()) != set(other.tolist())


def test_split_without_a_seed_follows_the_generator_of_numpy():
    x, t = examples(n=100)
    np.random.seed(5)
    first, second = [datasets.split((x, t), 0.5)[0][1].tolist() for _ in range(2)]
    np.random.seed(5)
    assert datasets.split((x, t), 0.5)[0][1].tolist() == first != second


def test_split_rounds_to_whole_examples_and_copies():
    x, t = datasets.get_digits()
    train, test = datasets.split([x, t], 0.2, seed=0)
    assert (len(train[0]), len(test[0])) == (1438, 359)
    assert len(datasets.split(examples(n=11), 0.25, seed=0)[1][0]) == 3
    train[0][:] = -1
    assert x.min() == 0


# ---- mini-batches ----


def test_an_epoch_has_each_example_once_and_rows_stay_together(xp):
    batches = MiniBatches(*examples(xp), batch_size=4, seed=0)
    seen = []
    for x, t in batches:
        assert (type(x), type(t)) == (xp.ndarray, xp.ndarray)
        assert values(x) == [[n, 10 * n] for n in values(t)]
        seen += values(t)
    assert sorted(seen) == list(range(10))
    assert seen != list(range(10))


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(4, [4, 4, 2]), (5, [5, 5]), (1, [1] * 10), (99, [10])]
)
def test_the_last_mini_batch_has_what_is_left(batch_size, sizes):
    batches = MiniBatches(*examples(), batch_size=batch_size, seed=0)
    assert len(batches) == len(sizes)
    assert [len(t) for _, t in batches] == sizes


def test_without_shuffle_the_order_is_that_of_the_examples():
    batches = MiniBatches(*examples(), batch_size=4, shuffle=False)
    for _ in range(2):
        assert labels(batches) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_each_epoch_has_another_order():
    batches = MiniBatches(*examples(n=100), batch_size=100, seed=0)
    orders = [tuple(labels(batches)[0]) for _ in range(5)]
    assert len(set(orders)) == 5


def test_a_seed_makes_all_epochs_known():
    runs = []
    for seed in (0, 0, 1):
        batches = MiniBatches(*examples(), batch_size=3, seed=seed)
        runs.append([labels(batches) for _ in range(3)])
    assert runs[0] == runs[1] != runs[2]


def test_without_a_seed_the_generator_of_numpy_decides():
    def run():
        return labels(MiniBatches(*examples(n=50), batch_size=50))

    np.random.seed(3)
    first, second = run(), run()
    np.random.seed(3)
    assert run() == first != second


def test_epoch_and_position_count_what_was_given_out():
    batches = MiniBatches(*examples(), batch_size=4, seed=0)
    counted = [(batches.epoch, batches.position) for _ in batches]
    assert counted == [(0, 4), (0, 8), (1, 0)]
    assert (batches.epoch, batches.position) == (1, 0)


def test_a_loop_that_was_left_goes_on_with_the_rest_of_the_epoch():
    whole = labels(MiniBatches(*examples(), batch_size=3, seed=0))
    batches = MiniBatches(*examples(), batch_size=3, seed=0)
    started = []
    for _, t in batches:
        started.append(t.tolist())
        if len(started) == 2:
            break
    assert batches.epoch == 0
    assert started + labels(batches) == whole
    assert batches.epoch == 1


def leave_by_break(batches, n):
    for i, _ in enumerate(batches, 1):
        if i == n:
            break


def leave_by_error(batches, n):
    with pytest.raises(KeyError):
        for i, _ in enumerate(batches, 1):
            if i == n:
                raise KeyError


def leave_an_iterator(batches, n, kept=[]):  # noqa: B006 - it is kept: nothing closes it
    kept.append(iter(batches))
    for _ in range(n):
        next(kept[-1])


LEAVE = {
    "break": leave_by_break,
    "error": leave_by_error,
    "iterator": leave_an_iterator,
    "islice": lambda batches, n: list(itertools.islice(batches, n)),
    "zip": lambda batches, n: list(zip(range(n), batches, strict=False)),
    "next": lambda batches, n: [next(iter(batches)) for _ in range(n)],
}


@pytest.mark.parametrize("how", LEAVE)
@pytest.mark.parametrize("batch_size", [1, 4, 5, 10, 99])
def test_however_a_loop_is_left_and_wherever_the_next_one_goes_on(how, batch_size):
    """At the last mini-batch, too: then the next loop is the next epoch."""
    whole = MiniBatches(*examples(), batch_size=batch_size, seed=0)
    epochs = [labels(whole) for _ in range(2)]
    for n in range(1, len(whole) + 1):
        batches = MiniBatches(*examples(), batch_size=batch_size, seed=0)
        LEAVE[how](batches, n)
        assert labels(batches) == (epochs[0][n:] or epochs[1])
        assert batches.position == 0
        assert batches.epoch == (1 if n < len(whole) else 2)


def test_with_the_last_mini_batch_the_epoch_is_over():
    batches = MiniBatches(*examples(), batch_size=5, seed=0)
    assert [batches.epoch for _ in batches] == [0, 1]


NESTED = {
    "loops": lambda batches: [0 for _ in batches for _ in batches],
    "a list inside": lambda batches: [list(batches) for _ in batches],
    "one mini-batch inside": lambda batches: [next(iter(batches)) for _ in batches],
    "zip": lambda batches: list(zip(batches, batches, strict=False)),
}


@pytest.mark.parametrize("how", NESTED)
def test_a_loop_inside_of_a_loop_is_refused(how):
    batches = MiniBatches(*examples(), batch_size=4, seed=0)
    with pytest.raises(RuntimeError, match="expected one loop at a time, got another"):
        NESTED[how](batches)


def test_a_loop_that_another_thread_moves_is_refused():
    batches = MiniBatches(*examples(), batch_size=4, seed=0)
    mine = iter(batches)
    next(mine)
    thread = threading.Thread(target=list, args=[batches])
    thread.start()
    thread.join()
    with pytest.raises(RuntimeError, match="from epoch 0, position 4 to epoch 1, position 0"):
        next(mine)
    assert sorted(sum(labels(batches), [])) == list(range(10))


def test_two_objects_of_the_same_arrays_can_be_nested():
    one, two = [MiniBatches(*examples(), batch_size=4, seed=0) for _ in range(2)]
    assert [len(list(two)) for _ in one] == [3, 3, 3]
    assert (one.epoch, two.epoch) == (1, 3)


def test_an_epoch_that_is_over_is_not_disturbed_by_the_next():
    batches = MiniBatches(*examples(), batch_size=4, seed=0)
    last = iter(batches)
    for _ in range(3):
        next(last)
    assert len(list(batches)) == 3
    assert list(last) == []
    assert batches.epoch == 2


def test_an_iterator_that_was_left_does_not_disturb_the_next_loop():
    batches = MiniBatches(*examples(), batch_size=4, seed=0)
    left = iter(batches)
    next(left)
    assert len(list(batches)) == 2
    assert len(list(batches)) == 3
    left.close()
    assert (batches.epoch, batches.position) == (2, 0)


def test_the_size_may_change_inside_of_an_epoch():
    batches = MiniBatches(*examples(), batch_size=2, shuffle=False)
    sizes = []
    for _, t in batches:
        sizes.append(len(t))
        batches.batch_size = 5
    assert sizes == [2, 5, 3]


def test_a_file_is_read_a_mini_batch_at_a_time(tmp_path):
    """A memory-mapped array stays in its file; what comes out of it is an array as any other."""
    np.save(tmp_path / "x.npy", examples()[0])
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert type(x) is np.memmap
    for rows, t in MiniBatches(x, examples()[1], batch_size=4, seed=0):
        assert type(rows) is np.ndarray
        assert rows.tolist() == [[n, 10 * n] for n in t]
    assert {type(part) for part, _ in datasets.split((x, examples()[1]), 0.3)} == {np.ndarray}


def test_any_number_of_arrays_goes_along():
    (only,) = zip(*MiniBatches(np.arange(6), batch_size=2, shuffle=False))
    assert [values(x) for x in only] == [[0, 1], [2, 3], [4, 5]]
    x, t = examples()
    for a, b, c in MiniBatches(x, t, -t, batch_size=3, seed=0):
        assert (a[:, 0] == b).all() and (b == -c).all()


def test_mini_batches_are_copies():
    x, t = examples()
    for batch, _ in MiniBatches(x, t, batch_size=4, shuffle=False):
        batch[:] = -1
    assert x.min() == 0


@pytest.mark.parametrize("stop", range(1, 9))
def test_saved_anywhere_and_loaded_the_order_goes_on_as_it_would_have(stop):
    """Two epochs of four mini-batches, stopped after each of them."""
    batches = MiniBatches(*examples(), batch_size=3, seed=4)
    file, seen = io.BytesIO(), []
    for _ in range(2):
        for _, t in batches:
            seen.append(t.tolist())
            if len(seen) == stop:
                serializers.save_npz(file, batches)
    seen += labels(batches)
    resumed = MiniBatches(*examples(), batch_size=3, seed=99)
    serializers.load_npz(file, resumed)
    rest = []
    while resumed.epoch < 3:
        rest += labels(resumed)
    assert rest == seen[stop:]


def test_a_position_in_other_data_is_refused():
    batches = MiniBatches(*examples(n=10), batch_size=3, seed=4)
    file = io.BytesIO()
    serializers.save_npz(file, batches)
    other = MiniBatches(*examples(n=11), batch_size=3, seed=5)
    with pytest.raises(ValueError, match="position in 11 examples, got one in 10"):
        serializers.load_npz(file, other)
    assert (other.seed, other.epoch, other.position) == (5, 0, 0)


def test_a_place_at_the_end_of_an_epoch_is_the_start_of_the_next():
    """So were files written whose last mini-batch had been given out."""
    batches = MiniBatches(*examples(), batch_size=3, seed=4)
    stand = {"n": 10, "seed": 4, "epoch": 2, "position": 10}
    arrays = {name: np.array(value) for name, value in stand.items()}
    batches.serialize(serializers.NpzDeserializer(arrays))
    assert (batches.epoch, batches.position) == (3, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("seed", 0.5), ("seed", 2**32), ("epoch", -1), ("position", 11), ("position", None)],
)
def test_a_place_that_cannot_be_is_refused_and_changes_nothing(name, value):
    batches = MiniBatches(*examples(), batch_size=3, seed=5)
    stand = {"n": 10, "seed": 4, "epoch": 2, "position": 3} | {name: value}
    arrays = {key: np.array(number) for key, number in stand.items()}
    with pytest.raises(ValueError, match="expected a seed, an epoch and a position up to 10, got"):
        batches.serialize(serializers.NpzDeserializer(arrays))
    assert (batches.seed, batches.epoch, batches.position) == (5, 0, 0)
