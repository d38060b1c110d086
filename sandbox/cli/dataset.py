"""``sandbox dataset``: propose specs, build snapshots, list, show and verify them.

With ``--json`` every command prints one JSON value whose keys are named in its help; keys may be added, never renamed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from sandbox.catalog import Catalog, Entry
from sandbox.cli.attack import attack
from sandbox.cli.contract import contract_
from sandbox.cli.dataset_texts import tell_built, tell_manifest
from sandbox.cli.diff import diff
from sandbox.cli.link import link
from sandbox.cli.options import home_option, json_option, open_services, print_json, show
from sandbox.cli.progress import progress_bar
from sandbox.cli.sources import asked_source, file_options, source_options
from sandbox.cli.suggest import suggest
from sandbox.cli.upkeep import prune_, refresh
from sandbox.core.errors import SandboxError
from sandbox.core.messages import Message, as_language
from sandbox.core.spec import json_schema
from sandbox.i18n import Catalogue, catalogue
from sandbox.settings import Settings
from sandbox.snapshots.build import Built
from sandbox.snapshots.certificate import Signer, encode_key, key_id, parse_key
from sandbox.snapshots.manifest import read_manifest
from sandbox.snapshots.verify import Checked, verify_snapshot
from sandbox.workflows.build_dataset import add_dataset, build_all
from sandbox.workflows.keys import old_keys
from sandbox.workflows.services import Services
from sandbox.workflows.verify_dataset import verify_dataset

ACTOR = "operator"
_LISTED = ("name", "title", "owner", "classification", "versions", "latest", "rows", "built", "problem")


@click.group()
def dataset() -> None:
    """Datasets and their snapshots: add, build, list, show, verify."""


@dataset.command()
@home_option
@json_option
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option("--name", required=True, help="Name of the dataset: small letters, digits and underscores.")
@click.option("--unit", help="Column that tells the people (or things) apart whom the dataset is about.")
@source_options
@click.option(
    "--contract",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A data contract (ODCS v3, YAML) whose words go over the proposal.",
)
@file_options
@click.option("--no-header", is_flag=True, help="The first line is data; columns are called column1, column2 …")
def add(
    home: Path | None,
    as_json: bool,
    path: Path | None,
    name: str,
    unit: str | None,
    no_header: bool,
    contract: Path | None,
    postgresql: str | None,
    mysql: str | None,
    table: str | None,
    query: str | None,
    **says: Any,
) -> None:
    """Propose a spec for the table in the file PATH (CSV, Parquet, Excel, JSON Lines, SQLite) or in a
    database, with a reason for every column.

    JSON: dataset, file, rows, columns [{name, class, rule, reason}], notes.
    """
    source = asked_source(path, postgresql=postgresql, mysql=mysql, table=table, query=query)
    says = {key: value for key, value in says.items() if value is not None} | ({"header": False} if no_header else {})
    with open_services(home) as services:
        file, proposal = add_dataset(
            services,
            source,
            name,
            actor=ACTOR,
            unit=unit,
            contract=contract,
            **says,
        )
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
    then = Message("Read {file} and correct it, then run: sandbox dataset build {name}", {"file": file, "name": name})
    click.echo("\n" + catalogue(language).render(then))


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
            tell_built(b, words)
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
    columns = {"name": "Dataset", "title": "Title", "rows": "Rows", "latest": "Newest snapshot", "owner": "Owner"}
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
        old = old_keys(services, manifest) if manifest else []
        language = as_language(services.settings.language)
    if as_json:
        data = manifest.model_dump(mode="json", by_alias=True) if manifest else None
        print_json({"name": name, "versions": [str(v) for v in versions], "manifest": data})
        return
    if manifest is None:
        none = Message("{name} has no snapshot yet; build one: sandbox dataset build {name}", {"name": name})
        click.echo(catalogue(language).render(none))
        return
    click.echo(f"{manifest.title.get(language)} ({name})\n{manifest.description.get(language)}\n")
    tell_manifest(manifest, versions, catalogue(language), old)
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
@click.argument("name", required=False)
@click.option("--version", help="The version to verify; the newest if not given.")
@click.option("--all-versions", is_flag=True, help="Verify every version of the dataset.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Verify the snapshot in this folder, wherever it came from, instead of one of this workspace.",
)
@click.option("--public-key", help="Who must have signed: ed25519:…, or a file with it. This workspace if not given.")
def verify(
    home: Path | None,
    as_json: bool,
    name: str | None,
    version: str | None,
    all_versions: bool,
    folder: Path | None,
    public_key: str | None,
) -> None:
    """Recompute hashes, counts, gates and risk of a snapshot of NAME, and check its certificate's signature. Ends with
    1 when something is wrong.

    JSON: [{dataset, version, ok, checks [{name, ok, detail}]}].
    """
    if (name is None) == (folder is None):
        raise click.UsageError("Give the NAME of a dataset, or --folder with a snapshot.")
    report: list[dict[str, Any]] = []
    for place, checks in _verified(home, name, version, all_versions, folder, public_key):
        good = all(c["ok"] for c in checks)
        report.append({"dataset": place.parent.name, "version": place.name, "ok": good, "checks": checks})
    if as_json:
        print_json(report)
    else:
        for snapshot in report:
            click.echo(f"{snapshot['dataset']}/{snapshot['version']}")
            for check in snapshot["checks"]:
                mark = click.style("ok  ", fg="green") if check["ok"] else click.style("BAD ", fg="red")
                click.echo(f"  {mark} {check['name']:<12} {check['detail']}")
    if not all(snapshot["ok"] for snapshot in report):
        sys.exit(1)


def _verified(
    home: Path | None,
    name: str | None,
    version: str | None,
    all_versions: bool,
    folder: Path | None,
    public_key: str | None,
) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """(folder, lines) of the snapshots. With a folder and a key no workspace is opened, nor made."""
    key = _public_key(public_key) if public_key else None
    if folder and key:
        words = catalogue(as_language(Settings().language))
        yield folder.absolute(), _lines(verify_snapshot(folder.absolute(), key, moved=True), words)
        return
    with open_services(home) as services:
        words = catalogue(as_language(services.settings.language))
        if folder:
            own = Signer.of(services.keys.signing_key()).public
            yield folder.absolute(), _lines(verify_snapshot(folder.absolute(), own, moved=True), words)
        if name:
            versions = (
                [str(v) for v in Catalog(services.workspace, services.content).versions(name)] if all_versions else []
            )
            for one in versions or [version]:
                found = verify_dataset(services, name, one, key)
                yield found.folder, _lines(found.lines, words)


def _lines(checks: Sequence[Checked], words: Catalogue) -> list[dict[str, Any]]:
    return [{"name": c.name, "ok": c.ok, "detail": words.render(c.detail)} for c in checks]


def _public_key(text: str) -> bytes:
    file = Path(text)
    return parse_key(file.read_text(encoding="utf-8", errors="replace") if file.is_file() else text)


@dataset.command("public-key")
@home_option
@json_option
def public_key_(home: Path | None, as_json: bool) -> None:
    """Print the public key that this workspace signs certificates with; hand it to whoever is to verify them.

    JSON: key, id.
    """
    with open_services(home) as services:
        public = Signer.of(services.keys.signing_key()).public
    if as_json:
        print_json({"key": encode_key(public), "id": key_id(public)})
    else:
        click.echo(encode_key(public))


dataset.add_command(attack)
dataset.add_command(link)
dataset.add_command(suggest)
dataset.add_command(contract_)
dataset.add_command(diff)
dataset.add_command(refresh)
dataset.add_command(prune_)


@dataset.command()
def schema() -> None:
    """Print the JSON Schema of spec files, for editors that complete and check YAML."""
    print_json(json_schema())


def _listed(services: Services, entry: Entry, words: Catalogue) -> dict[str, Any]:
    spec, problem, manifest = entry.spec, None, None
    if entry.latest:
        try:
            manifest = read_manifest(services.workspace.snapshot(spec.name, entry.latest))
            old = old_keys(services, manifest)
            problem = "; ".join(words.render(message) for message in old) or None
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


def _rule(rule: dict[str, Any]) -> str:
    """``prefix 3``, ``generalise dates year/decade, level 2``: a rule as people write it, without what is not set."""
    given = {k: v for k, v in rule.items() if k != "kind" and (v or k == "level")}
    told = [v if len(given) == 1 else f"{k} {v}" for k, v in ((k, _plain(v)) for k, v in given.items())]
    return f"{rule['kind']} {', '.join(told)}".strip()


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "/".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
