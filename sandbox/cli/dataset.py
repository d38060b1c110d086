"""``sandbox dataset``: propose specs, build snapshots, list, show and verify them.

With ``--json`` every command prints one JSON value whose keys are named in its help; keys may be added, never renamed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sandbox.catalog import Catalog, Entry
from sandbox.cli.options import console, home_option, json_option, open_services, print_json, show
from sandbox.cli.progress import progress_bar
from sandbox.core.errors import SandboxError
from sandbox.core.ids import VersionId
from sandbox.core.messages import Message, as_language
from sandbox.core.spec import json_schema
from sandbox.i18n import Catalogue, catalogue
from sandbox.snapshots.build import Built
from sandbox.snapshots.gate_texts import finding
from sandbox.snapshots.manifest import GateResult, Manifest, read_manifest
from sandbox.snapshots.risk_facts import tell_risk
from sandbox.snapshots.verify import verify_snapshot
from sandbox.workflows.build_dataset import add_dataset, build_all
from sandbox.workflows.services import Services

ACTOR = "operator"
_LISTED = ("name", "title", "owner", "classification", "versions", "latest", "rows", "built", "problem")


@click.group()
def dataset() -> None:
    """Datasets and their snapshots: add, build, list, show, verify."""


@dataset.command()
@home_option
@json_option
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the dataset: small letters, digits and underscores.")
@click.option("--unit", help="Column that tells the people (or things) apart whom the dataset is about.")
@click.option("--no-header", is_flag=True, help="The first line is data; columns are called column1, column2 …")
def add(home: Path | None, as_json: bool, path: Path, name: str, unit: str | None, no_header: bool) -> None:
    """Propose a spec for the table in the file PATH (CSV, Parquet, Excel, SQLite), with a reason for every column.

    JSON: dataset, file, rows, columns [{name, class, rule, reason}], notes.
    """
    with open_services(home) as services:
        file, proposal = add_dataset(services, path, name, actor=ACTOR, unit=unit, header=not no_header)
        language = as_language(services.settings.language)
    rows = [
        {
            "name": column_name,
            "class": column.cls.value,
            "rule": _rule(column.rule.model_dump(exclude_none=True)),
            "reason": proposal.reasons[column_name].get(language),
        }
        for column_name, column in proposal.spec.columns.items()
    ]
    notes = [note.get(language) for note in proposal.notes]
    if as_json:
        print_json({"dataset": name, "file": str(file), "rows": proposal.rows, "columns": rows, "notes": notes})
        return
    show(rows, False, {"name": "Column", "class": "Class", "rule": "Rule", "reason": "Why"}, "")
    for note in notes:
        click.echo(f"! {note}")
    click.echo(f"\nRead {file} and correct it, then run: sandbox dataset build {name}")


@dataset.command()
@home_option
@json_option
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="Build every dataset; one that fails does not stop the others.")
def build(home: Path | None, as_json: bool, name: str | None, everything: bool) -> None:
    """Build the next snapshot of the dataset NAME, or of all. It appears whole or not at all.

    JSON: built [{dataset, version, folder, rows, units, gates, content_hash}], failed [{dataset, problem, remedy}].
    """
    if bool(name) == everything:
        raise click.UsageError("Give the name of a dataset, or --all.")
    with open_services(home) as services, progress_bar("Building") as progress:
        built, failed = build_all(services, [name] if name else None, actor=ACTOR, progress=progress)
        words = catalogue(as_language(services.settings.language))
    report = [_built(b) for b in built]
    problems = [_failed(dataset_name, error, words) for dataset_name, error in failed]
    if as_json:
        print_json({"built": report, "failed": problems})
    else:
        for b in built:
            _tell_built(b)
        for problem in problems:
            click.secho(f"{problem['dataset']}: {problem['problem']}", fg="red", err=True)
            click.echo(f"→ {problem['remedy']}", err=True)
    if problems:
        sys.exit(1)


@dataset.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> None:
    """Show the datasets. JSON: [{name, title, owner, classification, versions, latest, rows, built, problem}]."""
    with open_services(home) as services:
        words = catalogue(as_language(services.settings.language))
        entries, problems = Catalog(services.workspace, services.content).load()
        rows = [_listed(services, entry, words) for entry in entries]
    for problem in problems:
        what, _ = problem.error.render(words.gettext)
        rows.append({**dict.fromkeys(_LISTED), "name": problem.file.stem, "problem": what})
    columns = {"name": "Name", "title": "Title", "rows": "Rows", "latest": "Newest snapshot", "owner": "Owner"}
    if any(row.get("problem") for row in rows):
        columns["problem"] = "Problem"
    show(rows, as_json, columns, "No datasets; `sandbox dataset add PATH --name N` proposes one.")


@dataset.command("show")
@home_option
@json_option
@click.argument("name")
@click.option("--version", help="The version to show; the newest if not given.")
def show_(home: Path | None, as_json: bool, name: str, version: str | None) -> None:
    """Show the dataset NAME: its snapshots, and what is in one of them.

    JSON: name, versions, manifest (as in manifest.json; null when nothing is built).
    """
    with open_services(home) as services:
        catalog = Catalog(services.workspace, services.content)
        versions = catalog.versions(name)
        if not versions or version is None:
            catalog.entry(name)  # an unknown name is an error, a dataset without snapshot is not
        manifest = read_manifest(catalog.snapshot(name, version)) if versions or version else None
        language = as_language(services.settings.language)
    if as_json:
        data = manifest.model_dump(mode="json", by_alias=True) if manifest else None
        print_json({"name": name, "versions": [str(v) for v in versions], "manifest": data})
        return
    if manifest is None:
        click.echo(f"{name} has no snapshot yet; build one: sandbox dataset build {name}")
        return
    click.echo(f"{manifest.title.get(language)} ({name})\n{manifest.description.get(language)}\n")
    _tell_manifest(manifest, versions, catalogue(language))
    rows = [
        {
            "name": c.name,
            "type": c.type,
            "class": c.cls.value,
            "rule": _rule(c.rule),
            "text": c.description.get(language),
        }
        for c in manifest.columns
    ]
    show(rows, False, {"name": "Column", "type": "Type", "class": "Class", "rule": "Rule", "text": "Description"}, "")


@dataset.command()
@home_option
@json_option
@click.argument("name")
@click.option("--version", help="The version to verify; the newest if not given.")
@click.option("--all-versions", is_flag=True, help="Verify every version of the dataset.")
def verify(home: Path | None, as_json: bool, name: str, version: str | None, all_versions: bool) -> None:
    """Recompute hashes, counts and gates of a snapshot of NAME from its files. Ends with 1 when something is wrong.

    JSON: [{dataset, version, ok, checks [{name, ok, detail}]}].
    """
    with open_services(home) as services:
        catalog = Catalog(services.workspace, services.content)
        wanted: list[str | None] = [str(v) for v in catalog.versions(name)] if all_versions else [version]
        folders = [catalog.snapshot(name, v) for v in wanted or [None]]
        words = catalogue(as_language(services.settings.language))
    report: list[dict[str, Any]] = []
    for folder in folders:
        checks = [{"name": c.name, "ok": c.ok, "detail": words.render(c.detail)} for c in verify_snapshot(folder)]
        good = all(c["ok"] for c in checks)
        report.append({"dataset": name, "version": folder.name, "ok": good, "checks": checks})
    if as_json:
        print_json(report)
    else:
        for snapshot in report:
            click.echo(f"{name}/{snapshot['version']}")
            for check in snapshot["checks"]:
                mark = click.style("ok  ", fg="green") if check["ok"] else click.style("BAD ", fg="red")
                click.echo(f"  {mark} {check['name']:<12} {check['detail']}")
    if not all(snapshot["ok"] for snapshot in report):
        sys.exit(1)


@dataset.command()
def schema() -> None:
    """Print the JSON Schema of spec files, for editors that complete and check YAML."""
    print_json(json_schema())


def _listed(services: Services, entry: Entry, words: Catalogue) -> dict[str, Any]:
    spec, problem, manifest = entry.spec, None, None
    if entry.latest:
        try:
            manifest = read_manifest(services.workspace.snapshot(spec.name, entry.latest))
        except SandboxError as error:
            problem, _ = error.render(words.gettext)
    return {
        "name": spec.name,
        "title": spec.title.get(words.language),
        "owner": spec.owner,
        "classification": spec.classification,
        "versions": len(entry.versions),
        "latest": str(entry.latest) if entry.latest else None,
        "rows": manifest.rows.published if manifest else None,
        "built": manifest.built.isoformat() if manifest else None,
        "problem": problem,
    }


def _built(built: Built) -> dict[str, Any]:
    manifest = built.manifest
    return {
        "dataset": manifest.dataset,
        "version": manifest.version,
        "folder": str(built.folder),
        "rows": manifest.rows.model_dump(),
        "units": manifest.units.model_dump() if manifest.units else None,
        "gates": [gate.model_dump(mode="json") for gate in manifest.gates],
        "content_hash": manifest.content_hash,
    }


def _failed(name: str, error: SandboxError, words: Catalogue) -> dict[str, str]:
    problem, remedy = error.render(words.gettext)
    return {"dataset": name, "problem": problem, "remedy": remedy}


def _tell_built(built: Built) -> None:
    manifest = built.manifest
    console.print(f"[green]✓[/] {manifest.dataset}/{manifest.version}: {manifest.rows.published:,} rows", end="")
    if manifest.units:
        console.print(f" of {manifest.units.published:,} units ({manifest.entity})", end="")
    if manifest.rows.left_out:
        console.print(f", {manifest.rows.left_out:,} rows left out by the gates", end="")
    console.print()
    if manifest.source.unlisted:
        console.print(f"  not in the spec, so left behind: {', '.join(manifest.source.unlisted)}", markup=False)


def _tell_manifest(manifest: Manifest, versions: tuple[VersionId, ...], words: Catalogue) -> None:
    rows = [
        ("Snapshot", f"{manifest.version} ({len(versions)} in all)"),
        ("Owner", f"{manifest.owner}; {manifest.classification}"),
        ("Source", f"{manifest.source.name}, sha256 {manifest.source.sha256[:12]}…"),
        ("Rows", f"{manifest.rows.published:,} of {manifest.rows.entered:,}"),
    ]
    if manifest.units:
        rows.append(("Units", f"{manifest.units.published:,} of {manifest.units.entered:,} ({manifest.entity})"))
    for gate in manifest.gates:
        said = words.render(finding(gate.gate, gate.after.count, gate.after.smallest, gate.after.worst))
        left_out = Message("{units} units ({share}) left out", _left_out(gate))
        rows.append((gate.kind, f"{said}; {words.render(left_out)}"))
    if manifest.risk:
        told = [words.render(message) for message in tell_risk(manifest.risk)]
        rows += [("Risk" if n == 0 else "", text) for n, text in enumerate(told)]
    if manifest.dropped:
        rows.append(("Dropped", ", ".join(manifest.dropped)))
    for heading, text in rows:
        click.echo(f"{heading:<12} {text}")
    click.echo()


def _left_out(gate: GateResult) -> dict[str, str]:
    return {"units": f"{gate.units_left_out:,}", "share": f"{gate.share_left_out:.1%}"}


def _rule(rule: dict[str, Any]) -> str:
    """``band 10``, ``pseudonym customer``: a rule as people write it."""
    parameters = {k: v for k, v in rule.items() if k != "kind" and v is not None}
    return " ".join([str(rule["kind"]), *(f"{v:g}" if isinstance(v, float) else str(v) for v in parameters.values())])
