"""The switches: their values, their scope, their threads."""

import asyncio
import contextlib
import inspect
import threading

import numpy as np
import pytest

from tinylinks import Variable, config, grad, no_backprop_mode, using_config


def test_the_switches_and_their_first_values():
    assert (config.train, config.enable_backprop, config.debug) == (True, True, False)


def test_using_config_sets_and_restores():
    with using_config("train", False):
        assert config.train is False
        with using_config("train", True):
            assert config.train is True
        assert config.train is False
    assert config.train is True


def test_using_config_restores_after_an_error():
    with pytest.raises(ZeroDivisionError), using_config("debug", True):
        raise ZeroDivisionError
    assert config.debug is False


def test_no_backprop_mode_is_the_switch_enable_backprop():
    with no_backprop_mode():
        assert config.enable_backprop is False
        with using_config("enable_backprop", True):
            assert config.enable_backprop is True
    assert config.enable_backprop is True


def test_a_switch_can_be_set_for_good():
    config.train = False
    try:
        assert config.train is False
    finally:
        config.train = True


def test_each_thread_has_its_own_switches():
    seen = []
    with using_config("train", False), no_backprop_mode():
        thread = threading.Thread(
            target=lambda: seen.append((config.train, config.enable_backprop, config.debug))
        )
        thread.start()
        thread.join(timeout=10)
    assert seen == [(True, True, False)]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [("trian", True, AttributeError), ("train", 1, TypeError), ("debug", None, TypeError)],
)
def test_an_unknown_switch_or_value_changes_nothing(name, value, error):
    with pytest.raises(error):
        setattr(config, name, value)
    with pytest.raises(error), using_config(name, value):
        pytest.fail("the block must not run")


def test_using_config_checks_name_and_value():
    with pytest.raises(AttributeError, match="did you mean train"), using_config("trian", True):
        pass
    with pytest.raises(TypeError, match="config.train: expected True or False, got 'yes'"):
        using_config("train", "yes").__enter__()
    assert config.train is True


# ---- used again, nested, and as decorators ----

modes = pytest.mark.parametrize(
    ("make", "name"),
    [(no_backprop_mode, "enable_backprop"), (lambda: using_config("train", False), "train")],
)


@modes
def test_one_object_serves_again_and_again_and_within_itself(make, name):
    mode = make()
    for _ in range(2):
        with mode:
            with mode:
                assert not getattr(config, name)
            assert not getattr(config, name)
        assert getattr(config, name)
    with pytest.raises(ZeroDivisionError), mode, mode:
        raise ZeroDivisionError
    assert getattr(config, name)


def test_one_object_within_a_block_that_sets_the_switch_again():
    mode = no_backprop_mode()
    with mode, using_config("enable_backprop", True), mode:
        assert config.enable_backprop is False
    assert config.enable_backprop is True


def test_one_object_in_several_threads_at_once():
    mode, seen, barrier = no_backprop_mode(), [], threading.Barrier(2, timeout=10)

    def work():
        seen.append(config.enable_backprop)
        with mode:
            barrier.wait()  # both are inside now
            seen.append(config.enable_backprop)
            barrier.wait()
        seen.append(config.enable_backprop)

    with mode:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
        assert config.enable_backprop is False
    assert sorted(seen) == [False, False, True, True, True, True]


@modes
def test_a_decorated_function_runs_with_the_switch_set(make, name):
    mode = make()

    @mode
    def down(n, *, add=0):
        """Count down."""
        assert not getattr(config, name)
        return n + add if n == 0 else down(n - 1, add=add)

    class Model:
        @mode
        def method(self):
            return getattr(config, name)

        @staticmethod
        @mode
        def static():
            return getattr(config, name)

    assert down(3, add=7) == down(0, add=7) == 7
    assert (down.__name__, down.__doc__) == ("down", "Count down.")
    assert (Model().method(), Model.static(), getattr(config, name)) == (False, False, True)
    with pytest.raises(ZeroDivisionError):
        mode(lambda: 1 / 0)()
    assert getattr(config, name)


@modes
def test_a_decorated_generator_has_the_switch_only_while_it_runs(make, name):
    seen = []

    @make()
    def steps(n):
        try:
            for i in range(n):
                seen.append(getattr(config, name))
                try:
                    got = yield i
                except KeyError as error:
                    got = error
                seen.append((getattr(config, name), got))
            return "end"
        finally:
            seen.append(getattr(config, name))

    assert inspect.isgeneratorfunction(steps)
    walk = steps(3)
    assert (next(walk), getattr(config, name)) == (0, True)
    assert (walk.send("a"), getattr(config, name)) == (1, True)
    wrong = KeyError("b")
    assert (walk.throw(wrong), getattr(config, name)) == (2, True)
    with pytest.raises(StopIteration, match="end"):
        next(walk)
    assert seen == [False, (False, "a"), False, (False, wrong), False, (False, None), False]
    seen.clear()
    walk = steps(3)
    next(walk)
    walk.close()
    assert (seen, getattr(config, name)) == ([False, False], True)
    assert list(steps(2)) == [0, 1]
    with pytest.raises(ZeroDivisionError):
        steps(1).throw(ZeroDivisionError)
    assert getattr(config, name)


@modes
def test_a_decorated_coroutine_has_the_switch_only_while_it_runs(make, name):
    seen = []

    @make()
    async def work(n):
        for _ in range(n):
            seen.append(getattr(config, name))
            await asyncio.sleep(0)
        seen.append(getattr(config, name))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), 0.001)
        seen.append(getattr(config, name))
        return n

    async def watch(n):
        for _ in range(n):
            assert getattr(config, name)
            await asyncio.sleep(0)

    async def main():
        task = asyncio.create_task(work(1000))
        assert await asyncio.gather(work(3), watch(9), work(2)) == [3, None, 2]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert getattr(config, name)

    assert inspect.iscoroutinefunction(work)
    asyncio.run(main())
    assert len(seen) > 10
    assert not any(seen)


def test_what_is_no_function_cannot_be_decorated():
    for wrong in (3, None, int, "f"):
        with pytest.raises(TypeError, match="config.train: expected a function to decorate"):
            using_config("train", False)(wrong)


@pytest.mark.parametrize("way", ["backward", "grad"])
def test_a_walk_that_is_asked_to_be_recorded_is_recorded_inside_of_no_backprop_mode(way):
    x, z = Variable(np.array(3.0)), Variable(np.array(2.0))
    y = (x * x) * z + x * x  # x gets gradients from several places, which are added up
    with no_backprop_mode():
        if way == "grad":
            (gx,) = grad([y], [x], enable_double_backprop=True)
        else:
            x.grad_var = Variable(np.array(100.0))
            y.backward(enable_double_backprop=True)
            gx = x.grad_var
        assert config.enable_backprop is False
        assert (x * x).creator is None
    assert gx.item() == (18 if way == "grad" else 118)
    x.cleargrad()
    z.cleargrad()
    gx.backward()
    assert (x.grad.item(), z.grad.item()) == (6, 6)
