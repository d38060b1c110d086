"""Every setting in one table: name, default, unit, help. Environment variables are ``SANDBOX_<NAME>``.

To add a setting: add a field here with its unit in the help; ``docs/operator.md`` lists them (held by a test).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from sandbox.core.messages import Language


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SANDBOX_", frozen=True, extra="ignore")

    home: Path = Field(Path(".sandbox"), description="workspace folder; everything that the sandbox writes is below it")
    content: Path | None = Field(
        None, description="folder with datasets/, templates/ and apps/; the checkout's or the installed ones if unset"
    )
    language: Language = Field("en", description="language of new accounts and of the command line: en or zh-CN")
    lab_owner: str = Field(
        "", description="whose JupyterLab runs from the start; the first account with role staff if unset"
    )
    labs: int = Field(6, description="most people's JupyterLabs that `sandbox up` runs at the same time")
    lab_idle_hours: int = Field(
        8, description="a JupyterLab that was started for somebody ends after so long without work in it, hours"
    )
    registry_url: str | None = Field(
        None, description="SQLAlchemy address of the registry; an SQLite file in the workspace if unset"
    )
    portal_port: int = Field(0, description="TCP port of the portal; 0 takes a free one")
    apps_port: int = Field(0, description="TCP port of the app server; 0 takes a free one")
    lab_port: int = Field(0, description="TCP port of JupyterLab; 0 takes a free one")
    signin_minutes: int = Field(60, description="how long a one-time sign-in link works, minutes")
    session_hours: int = Field(12, description="how long a sign-in lasts, hours")
    submission_bytes: int = Field(20 * 2**20, description="largest submission, bytes, packed and unpacked alike")
    submission_files: int = Field(200, description="most files in a submission")
    kernel_memory: int = Field(2 * 2**30, description="memory of one kernel, bytes of address space")
    kernel_disk: int = Field(
        2**30, description="what the folders of one kernel may hold, bytes; one that goes over it ends"
    )
    examination_seconds: int = Field(300, description="longest run of a notebook in an examination, seconds")
    examination_workers: int = Field(1, description="examinations that run at the same time")
    output_bytes: int = Field(10 * 2**20, description="largest output of a notebook in an examination, bytes")
    small_cell: int = Field(10, description="fewest units that a cell of a shown table may stand for")
    app_idle_minutes: int = Field(20, description="an app's kernel ends after so long without a viewer, minutes")
    app_grant_seconds: int = Field(
        60, description="an app stays open so long on the portal's last word, seconds; asked for four times as often"
    )
    app_kernels: int = Field(120, description="most app kernels at the same time; further viewers are asked to wait")
    app_kernels_each: int = Field(60, description="most kernels of one app at the same time, so that others have room")
    badge_days: int = Field(730, description="how long a badge of a learning path holds, days; 0 for ever")
    learning_wait_minutes: int = Field(
        10, description="pause after three wrong answers to a question, minutes; longer each time"
    )
    metrics_token: str = Field(
        "", repr=False, description="who shows it may read /metrics; if unset, programs of this machine may"
    )
    log_level: str = Field("INFO", description="least severe log level that is written")

    def content_dir(self) -> Path:
        """The folder with datasets/, templates/ and apps/: configured, the wheel's own, or this checkout's."""
        if self.content:
            return self.content
        package = Path(__file__).resolve().parent
        # The wheel's first: beside an installed package lie other packages, and one may be called "templates".
        installed = package / "content"
        return installed if installed.is_dir() else package.parent
