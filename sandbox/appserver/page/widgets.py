"""The widgets' states as they stand in a page: everything that is needed to show them, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nbformat import NotebookNode

from sandbox.appserver.page.cells import server_drawn
from sandbox.appserver.renderers import brought

STATES = "application/vnd.jupyter.widget-state+json"
#: Modules whose models the page's own script knows, so that it needs neither their addresses nor their versions.
CORE = ("@jupyter-widgets/base", "@jupyter-widgets/controls", "@jupyter-widgets/output")
_ADDRESSES = ("_model_module", "_model_module_version", "_model_name", "_view_module", "_view_module_version",
              "_view_name", "_view_count")  # fmt: skip


def widget_states(notebook: NotebookNode) -> dict[str, Any]:
    """Model id → name, module, state and buffers, as nbclient stores them, without what is empty."""
    return {model_id: _lean(model) for model_id, model in _stored(notebook).items()}


def bring_scripts(notebook: NotebookNode) -> bool:
    """Whether any widget comes with a script of its own."""
    return any("_esm" in model["state"] for model in _stored(notebook).values())


def widget_ids(notebook: NotebookNode) -> list[str]:
    """The models' ids, which are those of their comms in the kernel."""
    return list(_stored(notebook))


#: What may be a formula, as in ``view.ts``.
_FORMULA = re.compile(r"\$[^$]+\$|\\\(|\\\[")


def texts_of_widgets(notebook: NotebookNode) -> list[tuple[str, str]]:
    """(kind, source) of what the server draws of widgets, so that a page shows it from the start.

    The texts beside and in controls that hold formulas, and the Markdown and LaTeX that `Output` widgets show.
    """
    core = [model for model in _stored(notebook).values() if model["model_module"] in CORE]
    beside = (text for model in core for text in _texts(model["model_name"], model["state"]))
    found = [(kind, source) for kind, source in beside if _FORMULA.search(source)]
    for model in core:
        outputs = model["state"].get("outputs")
        if model["model_name"] == "OutputModel" and isinstance(outputs, list):
            found += filter(None, map(server_drawn, outputs))
    return list(dict.fromkeys(found))


def _texts(name: str, state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """As ``wording`` and ``shows.ts`` ask for them."""
    description, value = (text if isinstance(text := state.get(key), str) else "" for key in ("description", "value"))
    if name == "LabelModel":
        yield "text", f"{description} {value}" if description else value
        return
    if name == "HTMLMathModel":
        yield "htmlmath", value
    if name not in ("ButtonModel", "ToggleButtonModel", "FileUploadModel"):
        yield "htmlmath" if state.get("description_allow_html") else "text", description


def _stored(notebook: NotebookNode) -> Mapping[str, Any]:
    found: Mapping[str, Any] = notebook.metadata.get("widgets", {}).get(STATES, {}).get("state", {})
    return found


def _lean(model: Mapping[str, Any]) -> dict[str, Any]:
    module, state = model["model_module"], model["state"]
    if module in CORE:
        state = {key: value for key, value in state.items() if value is not None and key not in _ADDRESSES}
    script = brought(state.get("_esm"))
    if script:  # five megabytes that every chart of plotly's brings along
        state = {**state, "_esm": {"script": script}}
    lean = {"model_name": model["model_name"], "model_module": module, "state": state}
    if model.get("buffers"):
        lean["buffers"] = [{"path": each["path"], "data": each["data"]} for each in model["buffers"]]
    return lean
