"""Lets an app's code see another time, to find out whether its first view depends on the time.

Not a boundary: code that wants to see through it can. It is for the second of two runs whose outputs are compared.
"""

from __future__ import annotations

import datetime
import os
import sys
import time
from collections.abc import Callable
from typing import Any


def shift_clocks(seconds: int) -> None:
    """Move Python's wall clocks by ``seconds`` and the time zone by almost a day, for this process and for good."""
    os.environ["TZ"] = "ELSE-23"  # what native code shows as today is another day
    time.tzset()
    _shift_time(seconds)
    _shift_datetime(datetime.timedelta(seconds=seconds))


def _shift_time(seconds: int) -> None:
    real, real_ns = time.time, time.time_ns
    strftime, at = time.strftime, time.clock_gettime
    shifted: dict[str, Callable[..., Any]] = {
        "time": lambda: real() + seconds,
        "time_ns": lambda: real_ns() + seconds * 10**9,
        "strftime": lambda form, when=None: strftime(form, when if when is not None else time.localtime()),
        "clock_gettime": lambda clock: at(clock) + (seconds if clock == time.CLOCK_REALTIME else 0),
    }
    for name in ("localtime", "gmtime", "ctime"):
        shifted[name] = _now_as_default(getattr(time, name), lambda: real() + seconds)
    for name, function in shifted.items():
        _pose(function, "time", name)
        setattr(time, name, function)


def _pose(made: Any, module: str, name: str) -> None:
    """Let ``made`` be called what it stands in for: by its name it is told from others (``marks``).

    The module's name is a text of its own, as it is there: where both are one, they are written down only once.
    """
    made.__module__, made.__qualname__, made.__name__ = "".join([*module]), name, name


def _now_as_default(function: Callable[[Any], Any], now: Callable[[], float]) -> Callable[..., Any]:
    return lambda when=None: function(now() if when is None else when)


def _shift_datetime(by: datetime.timedelta) -> None:
    real_date, real_datetime = datetime.date, datetime.datetime

    class _Transparent(type):
        """Stands in for a class, also for what was made before."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, cls.__mro__[1])

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, cls.__mro__[1])

    class ShiftedDate(real_date, metaclass=_Transparent):
        @classmethod
        def today(cls) -> Any:
            return real_datetime.today().date() + by

    class ShiftedDatetime(real_datetime, metaclass=_Transparent):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real_datetime.now(tz) + by

        @classmethod
        def today(cls) -> Any:
            return real_datetime.today() + by

        @classmethod
        def utcnow(cls) -> Any:
            return real_datetime.now(datetime.UTC).replace(tzinfo=None) + by

    # Written in C, these name their module themselves; a picker of dates shows them.
    for made, real in ((ShiftedDate, real_date), (ShiftedDatetime, real_datetime)):
        made.__repr__ = lambda self, real=real: f"datetime.{real.__repr__(self)}"  # type: ignore[method-assign]

    _pose(ShiftedDate, "datetime", "date")
    _pose(ShiftedDatetime, "datetime", "datetime")
    datetime.date, datetime.datetime = ShiftedDate, ShiftedDatetime  # type: ignore[misc]
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        for name in ("now", "today"):
            real = getattr(pandas.Timestamp, name)
            setattr(pandas.Timestamp, name, staticmethod(lambda *a, real=real, **k: real(*a, **k) + by))
