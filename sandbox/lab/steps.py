"""Steps: functions of a notebook that show their result at once and again when the form changes.

A step is a function under ``@lab.step``; its parameters are the names of earlier steps and receive their results:

    @lab.step
    def model(cases): …

In an app nothing is run again, so a step just runs.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from sandbox.core.errors import BadInput, SandboxError
from sandbox.lab import looks, places
from sandbox.lab.words import explain_error, t


class Step:
    """One step of the notebook. ``result`` is what its function returned, None while it has none."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        self.takes = tuple(inspect.signature(function).parameters)
        self.result: Any = None
        self.ready = False
        self._function = function
        self._output: Any = None

    def run(self) -> None:
        """Run the function and show what it shows. Problems are told in words; an examination gets them as errors."""
        self.ready, self.result = False, None
        waiting = [name for name in self.takes if name not in _steps or not _steps[name].ready]
        if waiting:
            self._say(t("This step waits for an earlier one: {steps}.", steps=", ".join(waiting)))
            return
        arguments = {name: _steps[name].result for name in self.takes}
        if self._output is None:
            self._guarded(arguments)
            return
        # The captured outputs become the widget's state in one go: no flicker, and no routing of messages by the page.
        from IPython.utils.capture import capture_output

        with capture_output() as captured:
            error = self._guarded(arguments)
            _flush_figures()
            if error is None and not (captured.outputs or captured.stdout):
                looks.show(looks.paragraph("✓ " + t("Done."), muted=True))
        self._output.outputs = _outputs(captured)
        if error is not None and places.mode() == "examine":
            raise error

    def show(self) -> None:
        """Display the step where its cell is, and run it."""
        if places.mode() != "app":
            import ipywidgets
            from IPython.display import display

            self._output = ipywidgets.Output()
            display(self._output)
        self.run()

    def _guarded(self, arguments: dict[str, Any]) -> Exception | None:
        try:
            self.result = self._function(**arguments)
            self.ready = True
        except SandboxError as error:
            message, remedy = explain_error(error)
            looks.show(looks.note(message, "bad", remedy))
            return error
        except Exception as error:
            if places.mode() != "studio":
                raise
            looks.show(
                looks.note(
                    t("This step stopped: {problem}", problem=f"{type(error).__name__}: {error}"[:300]),
                    "bad",
                    t("If you changed its code, look there. Otherwise check the choices in the form above."),
                )
            )
            return error
        return None

    def _say(self, text: str) -> None:
        from IPython.utils.capture import capture_output

        if self._output is None:
            looks.show(looks.note(text))
            return
        with capture_output() as captured:
            looks.show(looks.note(text))
        self._output.outputs = _outputs(captured)


_steps: dict[str, Step] = {}


def step(function: Callable[..., Any]) -> Step:
    """Make ``function`` a step, run it, and run the later steps that take its result again."""
    made = Step(function)
    unknown = [name for name in made.takes if name not in _steps]
    if unknown:
        raise BadInput(
            "The step “{step}” takes “{name}”, but no earlier step is called so.",
            "Run the cells above first, or correct the name.",
            step=made.name,
            name=unknown[0],
        )
    again = made.name in _steps
    _steps[made.name] = made
    made.show()
    if again:
        for later in _after(made.name):
            later.run()
    return made


def rerun(progress: Callable[[str], None] = lambda name: None) -> None:
    """Run all steps again, in their order."""
    for each in list(_steps.values()):
        progress(each.name)
        each.run()


def forget() -> None:
    """Forget all steps (a notebook that starts again)."""
    _steps.clear()


def _after(name: str) -> list[Step]:
    """Steps that depend on ``name``, directly or not, in their order."""
    reached = {name}
    found = []
    for each in _steps.values():
        if reached & set(each.takes):
            reached.add(each.name)
            found.append(each)
    return found


def _outputs(captured: Any) -> tuple[dict[str, Any], ...]:
    """Captured displays and prints as notebook outputs."""
    made = [
        {"output_type": "stream", "name": name, "text": text}
        for name, text in (("stdout", captured.stdout), ("stderr", captured.stderr))
        if text
    ]
    made += [
        {"output_type": "display_data", "data": dict(shown.data), "metadata": dict(shown.metadata or {})}
        for shown in captured.outputs
    ]
    return tuple(made)


def _flush_figures() -> None:
    """Show matplotlib figures that a changed step made, inside the step."""
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline.backend_inline import flush_figures

        flush_figures()
