"""The catalogue of datasets: the specs that ship and those that people added, each with its snapshots.

One unreadable file is one problem; it never hides the other datasets.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sandbox.core.errors import BadInput, NotFound, SandboxError
from sandbox.core.ids import VersionId, check_dataset_name
from sandbox.core.messages import Message
from sandbox.core.roles import Person, Role
from sandbox.core.spec import DatasetSpec
from sandbox.core.specfile import parse_spec
from sandbox.core.upkeep import Access
from sandbox.snapshots.manifest import published_versions
from sandbox.store.workspace import Workspace

SUFFIX = ".yaml"


@dataclass(frozen=True)
class Entry:
    """A dataset: its spec, the file that it is from, and the versions of its snapshots, newest first."""

    spec: DatasetSpec
    file: Path
    versions: tuple[VersionId, ...]

    @property
    def latest(self) -> VersionId | None:
        return self.versions[0] if self.versions else None


@dataclass(frozen=True)
class Problem:
    """A spec file that cannot be used, and why."""

    file: Path
    error: SandboxError


@dataclass(frozen=True)
class Decision:
    """Whether, and because of what."""

    allowed: bool
    reason: Message
    #: Badges that the person lacks, where nothing but these stands in the way.
    missing: tuple[str, ...] = ()


class Catalog:
    """The datasets of ``content/datasets`` and, on top, of the workspace. Every call reads the disk anew."""

    def __init__(self, workspace: Workspace, content: Path) -> None:
        self._workspace = workspace
        # A person's own spec hides a shipped one of the same name.
        self._folders = (workspace.datasets, content / "datasets")

    def entries(self) -> list[Entry]:
        """Datasets with a usable spec, by name."""
        return self.load()[0]

    def problems(self) -> list[Problem]:
        """Spec files that cannot be used."""
        return self.load()[1]

    def load(self) -> tuple[list[Entry], list[Problem]]:
        """(datasets by name, spec files that cannot be used)."""
        entries, problems = [], []
        for name, file in sorted(self._files().items()):
            try:
                entries.append(Entry(read_spec(file), file, self.versions(check_dataset_name(name))))
            except SandboxError as error:
                problems.append(Problem(file, error))
        return entries, problems

    def entry(self, name: str) -> Entry:
        """The dataset ``name``. Raises NotFound, or BadInput with file and line when its spec cannot be used."""
        check_dataset_name(name)
        files = self._files()
        if name not in files:
            raise NotFound(
                "There is no dataset “{name}”. There are: {names}.",
                "Check the name, or propose a spec with `sandbox dataset add PATH --name {name}`.",
                name=name,
                names=", ".join(sorted(files)) or "–",
            )
        spec = read_spec(files[name])
        return Entry(spec, files[name], self.versions(name))

    def is_idle(self, entry: Entry) -> bool:
        """Whether a dataset came with the sandbox and is not used here: never built, and its source is not there.

        Such a dataset of the demo company is no failure of this workspace's upkeep.
        """
        if entry.versions or entry.file.parent == self._workspace.datasets:
            return False
        source = entry.spec.source
        parts = [source, *(source.tables or {}).values()]
        return any(part.path is not None and not (self._workspace.home / part.path).exists() for part in parts)

    def versions(self, name: str) -> tuple[VersionId, ...]:
        """Versions of a dataset's published snapshots, newest first. Staging folders are not among them."""
        return published_versions(self._workspace.dataset_snapshots(name))

    def snapshot(self, name: str, version: str | None = None) -> Path:
        """The folder of a snapshot, the newest if ``version`` is None. Raises NotFound. The spec may be gone by now."""
        versions = self.versions(name)
        if not versions:
            raise NotFound("The dataset {name} has no snapshot.", "Build one: sandbox dataset build {name}", name=name)
        wanted = VersionId.parse(version) if version else versions[0]
        if wanted not in versions:
            raise NotFound(
                "The dataset {name} has no snapshot {version}.",
                "List its versions with `sandbox dataset show {name}`.",
                name=name,
                version=str(wanted),
            )
        return self._workspace.snapshot(name, wanted)

    def _files(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in reversed(self._folders):
            if folder.is_dir():
                found.update({f.name.removesuffix(SUFFIX): f for f in sorted(folder.glob(f"*{SUFFIX}"))})
        return found


def read_spec(file: Path) -> DatasetSpec:
    """The spec in ``file``, which must be called like its dataset. Raises BadInput with file and line."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise BadInput(
            "{file} cannot be read: {problem}.",
            "Check its permissions, and save it as UTF-8.",
            file=file.name,
            problem=problem or "?",
        ) from None
    spec = _parsed(text, file.name)
    if f"{spec.name}{SUFFIX}" != file.name:
        raise BadInput(
            "{file} describes the dataset “{name}”; the file must be called {name}.yaml.",
            "Rename the file, or correct `name` in it.",
            file=file.name,
            name=spec.name,
        )
    return spec


@lru_cache(maxsize=512)
def _parsed(text: str, name: str) -> DatasetSpec:
    """YAML takes 15 ms a file, and pages ask for all of them: the same text is the same (frozen) spec."""
    return parse_spec(text, name)


def may_use(person: Person, spec: DatasetSpec, badges: Collection[str] = ()) -> Decision:
    """Whether ``person``, who holds ``badges``, may pin the dataset and read it.

    Stewards may use all; others whom the spec's ``access`` names, if they have every badge that it asks for.
    """
    if person.has(Role.STEWARD):
        return Decision(True, Message("data stewards may use every dataset"))
    granted = _granted(person, spec.access)
    missing = tuple(badge for badge in spec.access.badges if badge not in badges)
    if granted.allowed and missing:
        said = {"badges": ", ".join(missing)}
        return Decision(False, Message("it asks for a learning path to be completed first: {badges}", said), missing)
    return granted


def _granted(person: Person, access: Access) -> Decision:
    if person.name in access.persons:
        return Decision(True, Message("the dataset names this person"))
    if person.department and person.department in access.departments:
        return Decision(True, Message("the dataset is open to the department {department}", _department(person)))
    if shared := sorted(set(person.roles) & set(access.roles)):
        return Decision(True, Message("the dataset is open to the role {role}", {"role": shared[0].value}))
    return Decision(False, Message("its access list names neither the person nor their department or role"))


def _department(person: Person) -> dict[str, str]:
    return {"department": person.department}
