"""The switches: their values, their scope, their threads."""

import threading

import pytest

from tinylinks import config, no_backprop_mode, using_config


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
