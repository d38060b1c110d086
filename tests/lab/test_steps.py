"""Steps show at once, pass their results on, run again, and tell problems in words."""

from __future__ import annotations

import pytest

from sandbox import lab
from sandbox.core.errors import BadInput
from sandbox.lab import steps


def told(step) -> str:
    return "".join(str(output["data"].get("text/html", output)) for output in step._output.outputs if "data" in output)


def test_results_are_passed_by_name_and_run_again(pin):
    runs = []

    @lab.step
    def first():
        runs.append("first")
        return 20 + len(runs)

    @lab.step
    def second(first):
        runs.append("second")
        return first * 2

    assert (first.result, second.result) == (21, 42)
    steps.rerun()
    assert runs == ["first", "second", "first", "second"] and second.result == 46


def test_a_changed_cell_runs_what_depends_on_it(pin):
    @lab.step
    def first():
        return 1

    @lab.step
    def second(first):
        return first + 1

    @lab.step
    def apart():
        return object()

    before = apart.result

    @lab.step
    def first():  # noqa: F811 - the same cell, run again after a change
        return 10

    assert second.result == 11 and apart.result is before


def test_problems_are_words_and_later_steps_wait(pin):
    @lab.step
    def first():
        raise BadInput("Too <few> rows: {rows}.", "Use more.", rows=3)

    @lab.step
    def second(first):
        raise AssertionError("never run")

    assert "Too &lt;few&gt; rows: 3." in told(first) and "Use more." in told(first)
    assert "waits" in told(second) and not second.ready


def test_a_bug_is_told_without_a_traceback_in_the_studio(pin):
    @lab.step
    def first():
        return 1 / 0

    assert "ZeroDivisionError" in told(first) and "Traceback" not in told(first)


def test_an_examination_gets_the_error(pin, monkeypatch):
    monkeypatch.setenv("SANDBOX_MODE", "examine")
    with pytest.raises(BadInput, match="Too few"):

        @lab.step
        def first():
            raise BadInput("Too few.", "Use more.")


def test_an_unknown_step_is_named(pin):
    with pytest.raises(BadInput, match="nowhere"):

        @lab.step
        def first(nowhere):
            return nowhere
