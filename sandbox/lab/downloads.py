"""Files for people to keep: a button beside a result. In an app its page fetches the file through the app server; in
JupyterLab the button makes a link.

A table obeys the rules of ``lab.table``: rows of too few units lose their figures, pseudonyms are refused.
"""

from __future__ import annotations

import base64
import html
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from sandbox.core.errors import BadInput, SandboxError
from sandbox.core.files import MOST_OFFERED, OFFERED_TYPES
from sandbox.lab import tables
from sandbox.lab.words import explain_error, t

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

#: What spreadsheet programs take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Offer(ipywidgets.Button):
    """A button that stands for a file; ``sandbox_file`` is the file's name, by which an app's page knows the button."""

    sandbox_file = traitlets.Unicode().tag(sync=True)

    def __init__(self, name: str, make: Callable[[], bytes], **kwargs: Any) -> None:
        super().__init__(sandbox_file=name, **kwargs)
        self._make = make
        self.on_msg(self._asked)

    def _asked(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """The app server asks for the file as it is now."""
        if not isinstance(content, dict) or content.get("event") != "fetch":
            return
        data, (problem, _for_the_author) = self.made()
        if data is None:
            self.send({"event": "file", "problem": problem})
        else:
            self.send({"event": "file", "name": self.sandbox_file}, buffers=[data])

    def made(self) -> tuple[bytes | None, tuple[str, str]]:
        """The file's bytes, or None; and why there are none and what to do, in the reader's language."""
        try:
            data = self._make()
            if len(data) > MOST_OFFERED:
                raise BadInput("The file is larger than {megabytes} MB.", "Offer a part of it.",
                               megabytes=MOST_OFFERED // 2**20)  # fmt: skip
        except SandboxError as error:
            return None, explain_error(error)
        except Exception:
            log.exception("an offered file could not be made")
            return None, (t("The file could not be made."), "")
        return data, ("", "")


def download(name: str, content: Any, *, units: str = "", label: str = "") -> None:
    """Show a button that gives ``content`` as the file ``name``.

    ``content``: a DataFrame (for a .csv file; ``units`` as in ``lab.table``), text, bytes, or a function that returns
    one of these and is called whenever somebody wants the file. Raises BadInput for a name whose ending is not that of
    data or of a document.
    """
    from IPython.display import display

    kind = name.rpartition(".")[2].lower()
    if kind not in OFFERED_TYPES or "/" in name or "\\" in name:
        raise BadInput(
            "“{name}” is not a file name that an app can offer.",
            "Use a name without folders that ends in one of: {kinds}.",
            name=name,
            kinds=", ".join(OFFERED_TYPES),
        )
    text = label or t("Save as a file: {name}", name=name)
    offer = Offer(name, lambda: _bytes(content() if callable(content) else content, units, kind), description=text,
                  icon="download", layout={"width": "auto"})  # fmt: skip
    link = ipywidgets.HTML(layout={"display": "none"})

    def pressed(_button: Any) -> None:
        data, problem = offer.made()
        link.layout.display = None
        link.value = _link(name, data) if data is not None else f"<p>{html.escape(' '.join(problem))}</p>"

    offer.on_click(pressed)
    display(ipywidgets.VBox([offer, link]))


def _bytes(content: Any, units: str, kind: str) -> bytes:
    if isinstance(content, bytes | bytearray):
        return bytes(content)
    if isinstance(content, str):
        # Spreadsheet programs take a CSV file without the mark for one in the machine's old encoding.
        return content.encode("utf-8-sig" if kind in ("csv", "tsv") else "utf-8")
    if kind == "csv" and hasattr(content, "to_csv"):
        return _csv(content, units)
    raise BadInput(
        "This cannot be offered as a .{kind} file.",
        "Give text or bytes; a table can be offered as a .csv file.",
        kind=kind,
    )


def _csv(frame: pd.DataFrame, units: str) -> bytes:
    safe = tables.without_small_rows(frame, units)
    for name in safe.columns:
        if safe[name].dtype.kind not in "iufbM":
            safe[name] = [f"'{value}" if str(value).startswith(_FORMULA) else value for value in safe[name]]
    return str(safe.to_csv(index=False)).encode("utf-8-sig")


def _link(name: str, data: bytes) -> str:
    address = f"data:application/octet-stream;base64,{base64.b64encode(data).decode('ascii')}"
    return f'<a download="{html.escape(name)}" href="{address}">{html.escape(name)}</a>'
