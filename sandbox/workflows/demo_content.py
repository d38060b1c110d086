"""What the first ``sandbox up`` makes: accounts for every role, the demo company's snapshots, the curated apps.

Every step can run twice: what is there already is left alone. Curated apps take the same road as everybody's: a
project is started, submitted, examined by the portal and approved by a reviewer who is not its owner.
"""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.catalog import Catalog
from sandbox.core.errors import SandboxError, Unavailable
from sandbox.core.messages import Language, as_language
from sandbox.core.project import Kpi, NewProject, Project
from sandbox.core.roles import Person, Role
from sandbox.demo import write_company
from sandbox.publishing.archive import pack_project
from sandbox.workflows.build_dataset import build_dataset
from sandbox.workflows.review import approve
from sandbox.workflows.services import Services
from sandbox.workflows.start_project import project_starter, start_project
from sandbox.workflows.submit import submit

Progress = Callable[[str, float], None]

EXAMINATION_SECONDS = 300.0

# The first is the person who starts the sandbox: JupyterLab is theirs. The last one owns the curated apps.
DEMO_PEOPLE: tuple[Person, ...] = (
    Person("lin-xia", "Lin Xia 林夏", frozenset({Role.STAFF}), "Customer Service 客户服务部"),
    Person("zhao-min", "Zhao Min 赵敏", frozenset({Role.REVIEWER}), "Data Office 数据办公室"),
    Person("david-chen", "David Chen 陈大卫", frozenset({Role.LEAD}), "Innovation Lab 创新实验室"),
    Person("sun-li", "Sun Li 孙丽", frozenset({Role.STEWARD}), "Data Office 数据办公室"),
    Person("lab-team", "Lab Team 实验室团队", frozenset({Role.STAFF}), "Innovation Lab 创新实验室"),
)
