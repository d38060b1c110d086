"""The notebook as data: cells, their tags, and everything that an executed notebook shows. Pure walks over its JSON.

An output may stand below its cell, or inside an ``Output`` widget that the cell displays; the state of all widgets is
in ``metadata.widgets`` (the format of Jupyter's widget state, version 2). What a reader can see is found in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

#: Tags of cells: ``studio`` is worked on in Lab, ``app`` is what a viewer uses, ``setup`` belongs to both.
STUDIO, APP, SETUP = "studio", "app", "setup"

_REFERENCE = "IPY_MODEL_"
_NOT_SHOWN = frozenset({"LayoutModel", "ButtonStyleModel", "DescriptionStyleModel", "SliderStyleModel"})

Json = Mapping[str, Any]


@dataclass(frozen=True)
class ShownText:
    """A text that a reader of the executed notebook can see.

    ``kind`` is a media type (text/html …), or ``widget`` for a value or label of a control. ``cell`` is the id of the
    cell that shows it; None for a widget that no cell displays.
    """

    cell: str | None
    kind: str
    text: str


def cells(notebook: Json, kind: str | None = None) -> list[Json]:
    """The cells, or only those of cell type ``kind`` (code, markdown, raw); what is not a cell is left out."""
    found = notebook.get("cells")
    listed = [cell for cell in found if isinstance(cell, Mapping)] if isinstance(found, list) else []
    return [cell for cell in listed if kind is None or cell.get("cell_type") == kind]


def cell_id(cell: Json) -> str:
    return str(cell.get("id", ""))


def source(cell: Json) -> str:
    """The cell's text; notebooks on disk may hold it as a list of lines."""
    return joined(cell.get("source", ""))


def tags(cell: Json) -> frozenset[str]:
    metadata = cell.get("metadata")
    found = metadata.get("tags") if isinstance(metadata, Mapping) else None
    return frozenset(tag for tag in found if isinstance(tag, str)) if isinstance(found, list) else frozenset()


def joined(text: Any) -> str:
    """Text that Jupyter writes either as a string or as a list of strings."""
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


def widget_states(notebook: Json) -> dict[str, Json]:
    """Model id → state (with ``_model_name``) of every widget that the execution left behind."""
    bundle: Any = notebook.get("metadata", {})
    for key in ("widgets", WIDGET_STATE, "state"):
        bundle = bundle.get(key, {}) if isinstance(bundle, Mapping) else {}
    if not isinstance(bundle, Mapping):
        return {}
    states = {str(key): model.get("state") for key, model in bundle.items() if isinstance(model, Mapping)}
    return {key: state for key, state in states.items() if isinstance(state, Mapping)}


def iter_outputs(notebook: Json) -> Iterator[tuple[str | None, Json]]:
    """(cell id, output) for every output: below cells, inside Output widgets they show, and in widgets nobody shows."""
    for cell, part in _walk(notebook):
        if "output_type" in part:
            yield cell, part


def iter_widgets(notebook: Json) -> Iterator[tuple[str | None, Json]]:
    """(cell id, state) for every widget that was left behind; the cell is the one that shows it first."""
    for cell, part in _walk(notebook):
        if "output_type" not in part:
            yield cell, part


def iter_texts(notebook: Json) -> Iterator[ShownText]:
    """Every text in outputs (all media types, streams, errors) and in the values and labels of widgets."""
    for cell, part in _walk(notebook):
        texts = _texts_of_output(part) if "output_type" in part else _texts_of_widget(part)
        for kind, text in texts:
            if text:
                yield ShownText(cell, kind, text)


def _walk(notebook: Json) -> Iterator[tuple[str | None, Json]]:
    """Outputs and widget states, each once, with the cell that shows it first; no recursion, as input is hostile."""
    states = widget_states(notebook)
    seen: set[str] = set()

    def reach(cell: str | None, pending: list[Json]) -> Iterator[tuple[str | None, Json]]:
        while pending:
            part = pending.pop(0)
            yield cell, part
            for model in _references(part):
                if model in states and model not in seen:
                    seen.add(model)
                    pending.extend([states[model], *_outputs(states[model])])

    for cell in cells(notebook, "code"):
        yield from reach(cell_id(cell), _outputs(cell))
    for model, state in states.items():
        if model not in seen:
            seen.add(model)
            yield from reach(None, [state, *_outputs(state)])


def _outputs(holder: Json) -> list[Json]:
    found = holder.get("outputs")
    listed = found if isinstance(found, list | tuple) else []
    return [output for output in listed if isinstance(output, Mapping) and "output_type" in output]


def _references(part: Json) -> Iterator[str]:
    """Ids of the widgets that an output or a widget state shows."""
    view = part["data"].get(WIDGET_VIEW) if isinstance(part.get("data"), Mapping) else None
    if isinstance(view, Mapping):
        yield str(view.get("model_id"))
    for text in _strings([value for key, value in part.items() if key != "outputs"]):
        if text.startswith(_REFERENCE):
            yield text.removeprefix(_REFERENCE)


def _texts_of_output(output: Json) -> Iterator[tuple[str, str]]:
    match output.get("output_type"):
        case "stream":
            yield "text/plain", joined(output.get("text"))
        case "error":
            yield "text/plain", f"{output.get('ename', '')}: {output.get('evalue', '')}"
            yield "text/plain", "\n".join(_strings(output.get("traceback", [])))
        case _:
            data = output.get("data")
            for kind, value in data.items() if isinstance(data, Mapping) else ():
                if kind == WIDGET_VIEW or (str(kind).startswith("image/") and kind != "image/svg+xml"):
                    continue
                yield str(kind), joined(value) or "\n".join(_strings(value))


def _texts_of_widget(state: Json) -> Iterator[tuple[str, str]]:
    if state.get("_model_name") in _NOT_SHOWN:
        return
    is_html = state.get("_model_name") in ("HTMLModel", "HTMLMathModel")
    for key, value in state.items():
        if str(key).startswith("_") and key != "_options_labels":
            continue
        if key in ("outputs", "layout", "style", "msg_id"):
            continue
        kind = "text/html" if is_html and key == "value" else "widget"
        # Numbers count as well: an IntText that holds a mobile number shows it.
        yield kind, "\n".join(text for text in _strings(value, numbers=True) if not text.startswith(_REFERENCE))


def _strings(value: Any, *, numbers: bool = False) -> Iterator[str]:
    """All strings (and numbers) anywhere inside ``value``, without recursion."""
    pending = [value]
    while pending:
        part = pending.pop(0)
        if isinstance(part, str):
            yield part
        elif numbers and isinstance(part, int | float) and not isinstance(part, bool):
            yield str(part)
        elif isinstance(part, Mapping):
            pending[:0] = [*part.keys(), *part.values()]
        elif isinstance(part, list | tuple):
            pending[:0] = part
