"""The links: functions with some arguments replaced by parameters."""

from tinylinks.links.linear import Linear

__all__ = ["Linear"]
