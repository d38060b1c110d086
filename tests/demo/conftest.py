from __future__ import annotations

import pytest

from sandbox.demo import CompanyFiles, write_company


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> CompanyFiles:
    """A company at a fifth of its size, shared by the tests that only read."""
    return write_company(tmp_path_factory.mktemp("demo") / "sources", scale=0.2)
