"""What ``sandbox dataset build`` and ``show`` say of a snapshot, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.cells import cell_len

from sandbox.cli.options import console
from sandbox.core.ids import VersionId
from sandbox.core.messages import Message
from sandbox.i18n import Catalogue
from sandbox.snapshots.build import Built
from sandbox.snapshots.gate_texts import finding
from sandbox.snapshots.linkage_texts import tell_linkage
from sandbox.snapshots.manifest import Manifest
from sandbox.snapshots.quality import tell_quality
from sandbox.snapshots.references import tell_reference
from sandbox.snapshots.risk_facts import tell_risk

_WIDTH = 12


def tell_built(built: Built, words: Catalogue) -> None:
    """One line for the snapshot, and one for each thing to know about it."""
    manifest = built.manifest
    fields = {"rows": f"{manifest.rows.published:,}", "entity": manifest.entity}
    said = Message("{rows} rows", fields)
    if manifest.units:
        fields["units"] = f"{manifest.units.published:,}"
        said = Message("{rows} rows of {units} units ({entity})", fields)
    line = f"{manifest.dataset}/{manifest.version}: {words.render(said)}"
    if manifest.rows.left_out:
        left_out = Message("{rows} rows left out by the gates", {"rows": f"{manifest.rows.left_out:,}"})
        line += f"; {words.render(left_out)}"
    console.print("[green]✓[/] ", end="")
    console.print(line, markup=False, highlight=False)
    for facts in manifest.references:
        click.echo(f"  {'' if facts.ok else '! '}{words.render(tell_reference(facts))}")
    for found in manifest.quality:
        if not found.ok:
            click.echo(f"  ! {words.render(tell_quality(found))}")
    if manifest.source.unlisted:
        columns = {"columns": ", ".join(manifest.source.unlisted)}
        click.echo("  " + words.render(Message("not in the spec, so left behind: {columns}", columns)))


def tell_manifest(manifest: Manifest, versions: Sequence[VersionId], words: Catalogue, old: Sequence[Message]) -> None:
    """A line for everything that the manifest states; ``old``: what is to be said of its keys."""
    for heading, text in _lines(manifest, versions, words, old):
        name = words.gettext(heading) if heading else ""
        click.echo(name + " " * max(1, _WIDTH + 1 - cell_len(name)) + text)
    click.echo()


def _lines(
    manifest: Manifest, versions: Sequence[VersionId], words: Catalogue, old: Sequence[Message]
) -> list[tuple[str, str]]:
    def of(published: int, entered: int, more: str = "") -> str:
        fields = {"published": f"{published:,}", "entered": f"{entered:,}"}
        return words.render(Message("{published} of {entered}", fields)) + more

    every = Message("{version} ({count} in all)", {"version": manifest.version, "count": len(versions)})
    rows = [
        ("Snapshot", words.render(every)),
        ("Owner", f"{manifest.owner}; {manifest.classification}"),
        ("Source", f"{manifest.source.name}, sha256 {manifest.source.sha256[:12]}…"),
        ("Rows", of(manifest.rows.published, manifest.rows.entered)),
    ]
    if manifest.units:
        rows.append(("Units", of(manifest.units.published, manifest.units.entered, f" ({manifest.entity})")))
    for gate in manifest.gates:
        said = words.render(finding(gate.gate, gate.after.count, gate.after.smallest, gate.after.worst))
        fields = {"units": f"{gate.units_left_out:,}", "share": f"{gate.share_left_out:.1%}"}
        rows.append((gate.kind, f"{said}; {words.render(Message('{units} units ({share}) left out', fields))}"))
    if manifest.risk:
        rows += _under("Risk", [words.render(message) for message in tell_risk(manifest.risk)])
    if manifest.sample:
        taken = manifest.sample
        fields = {"rate": f"{taken.rate:g}", "units": f"{taken.units:,}", "rows": f"{taken.rows:,}"}
        rows.append(("Sample", words.render(Message("{rate} of {units} units with {rows} rows", fields))))
    linked = tell_linkage(manifest.source.linkage) if manifest.source.linkage else ()
    rows += _under("Links", [words.render(message) for message in linked])
    rows += [("Reference", words.render(tell_reference(facts))) for facts in manifest.references]
    for facts in manifest.quality:
        rows.append(("Quality" if facts.ok else "Quality !", words.render(tell_quality(facts))))
    rows += _under("Keys", [words.render(message) for message in old])
    if manifest.dropped:
        rows.append(("Dropped", ", ".join(manifest.dropped)))
    return rows


def _under(heading: str, texts: Sequence[str]) -> list[tuple[str, str]]:
    return [(heading if n == 0 else "", text) for n, text in enumerate(texts)]
