"""Empty databases on the real PostgreSQL and MariaDB of this machine; tests skip, saying so, where none answers."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
import pymysql
import pytest

POSTGRES = os.environ.get("SANDBOX_TEST_POSTGRES_DSN", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("SANDBOX_TEST_MYSQL_DSN", "mysql://root@127.0.0.1:3306/test")


@dataclass(frozen=True)
class Server:
    """``address`` for a person who may read this test's tables only; ``run`` statements as the owner."""

    kind: str
    address: str
    user: str
    password: str
    name: str
    run: Callable[..., Any]


def _absent(what: str, error: Exception) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"no {what}: {error}")
    pytest.skip(f"no {what}; set SANDBOX_TEST_POSTGRES_DSN or SANDBOX_TEST_MYSQL_DSN")


@contextmanager
def postgresql() -> Iterator[Server]:
    """A schema of its own, and a user with a password who may only read it."""
    try:
        owner = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        _absent("PostgreSQL", error)
        raise
    name, password = f"t{secrets.token_hex(6)}", "Geheim 机密@" + secrets.token_hex(6)
    with owner:
        owner.execute(f'CREATE SCHEMA "{name}"')
        owner.execute(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'")
        owner.execute(f'GRANT USAGE ON SCHEMA "{name}" TO "{name}"')
        owner.execute(f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{name}" GRANT SELECT ON TABLES TO "{name}"')
        try:
            parts = urlsplit(POSTGRES)
            address = (
                f"postgresql://{name}:{quote(password, safe='')}@{parts.hostname}:{parts.port or 5432}{parts.path}"
            )

            def run(statement: str, *values: Any) -> Any:
                cursor = owner.execute(statement.replace("SCHEMA.", f'"{name}".'), values or None)
                return cursor.fetchall() if cursor.description else None

            yield Server("postgresql", address, name, password, name, run)
        finally:
            owner.execute(f'DROP SCHEMA "{name}" CASCADE')
            owner.execute(f'DROP OWNED BY "{name}"')
            owner.execute(f'DROP ROLE "{name}"')


@contextmanager
def mysql() -> Iterator[Server]:
    """A database of its own, and a user with a password who may only read it."""
    parts = urlsplit(MYSQL)
    try:
        owner = pymysql.connect(
            host=parts.hostname, port=parts.port or 3306, user=parts.username, password=parts.password or "",
            connect_timeout=5, autocommit=True, charset="utf8mb4",
        )  # fmt: skip
    except pymysql.MySQLError as error:
        _absent("MySQL or MariaDB", error)
        raise
    name, password = f"t{secrets.token_hex(6)}", "Geheim 机密@" + secrets.token_hex(6)

    def run(statement: str, *values: Any) -> Any:
        with owner.cursor() as cursor:
            cursor.execute(statement.replace("SCHEMA.", f"`{name}`."), values or None)
            return cursor.fetchall()

    with owner:
        run(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        try:
            run(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'")
            run(f"GRANT SELECT ON `{name}`.* TO '{name}'@'%'")
            address = f"mysql://{name}:{quote(password, safe='')}@{parts.hostname}:{parts.port or 3306}/{name}"
            yield Server("mysql", address, name, password, name, run)
        finally:
            run(f"DROP DATABASE `{name}`")
            run(f"DROP USER IF EXISTS '{name}'@'%'")


SERVERS = {"postgresql": postgresql, "mysql": mysql}
