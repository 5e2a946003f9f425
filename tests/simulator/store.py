# Copyright (c) 2026 ActiveProLearn toolsync contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The practice Moodle's database: SQLite with the strictness of the PostgreSQL behind a real Moodle.

An unknown column, text in a number or an over-long value is an error here as it is there, because the plugin's
settings can name any column and its files can hold any text.
"""
from __future__ import annotations

import contextlib
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .errors import ReadFailed, WriteFailed
from .schema import COLUMNS, SCHEMA

Row = sqlite3.Row
_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z")


class Store:
    """One connection shared by all threads; a statement at a time, so a page can be read while a run lasts."""

    def __init__(self, path: str = ":memory:"):
        self.path = path
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, cached_statements=400)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY", "cache_size=-65536"):
            self._connection.execute("PRAGMA " + pragma)
        self._connection.executescript(SCHEMA)
        # How many atomic() blocks are open, and what is to be done when the outermost one ends well.
        self._open = 0
        self._afterwards: list[Callable[[], None]] = []

    def close(self) -> None:
        with self.lock:
            self.commit()
            self._connection.close()

    def wipe(self) -> None:
        """Forget everything, ids included."""
        with self.lock:
            self.commit()
            tables = [*COLUMNS, "sqlite_sequence"]
            self._connection.executescript("".join(f'DELETE FROM "{table}";' for table in tables))

    # -- statements ---------------------------------------------------------------------------------------------

    def rows(self, sql: str, params: Iterable[Any] = ()) -> list[Row]:
        try:
            with self.lock:
                return self._connection.execute(sql, tuple(params)).fetchall()
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise ReadFailed(str(error)) from error

    def row(self, sql: str, params: Iterable[Any] = ()) -> Row | None:
        try:
            with self.lock:
                return self._connection.execute(sql, tuple(params)).fetchone()
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise ReadFailed(str(error)) from error

    def value(self, sql: str, params: Iterable[Any] = ()) -> Any:
        found = self.row(sql, params)
        return found[0] if found else None

    def write(self, sql: str, params: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Run a changing statement. Nothing is on disk before commit(), called at the end of each request."""
        try:
            with self.lock:
                if not self._connection.in_transaction:
                    self._connection.execute("BEGIN")
                return self._connection.execute(sql, tuple(params))
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise WriteFailed(str(error)) from error

    def commit(self) -> None:
        with self.lock:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def atomic(self) -> Iterator[None]:
        """All or nothing: what was written inside is undone when an exception leaves the block."""
        with self.lock:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            self._connection.execute("SAVEPOINT atomic")
            self._open += 1
            try:
                yield
            except BaseException:
                self._undo()
                self._afterwards.clear()
                raise
            finally:
                self._open -= 1
                self._connection.execute("RELEASE atomic")
            if not self._open:
                work, self._afterwards = self._afterwards, []
                for one in work:
                    one()

    def _undo(self) -> None:
        """Back to the savepoint, but for the ids that were given out: like PostgreSQL, never twice."""
        given = self._connection.execute("SELECT seq, name FROM sqlite_sequence").fetchall()
        self._connection.execute("ROLLBACK TO atomic")
        for row in given:
            changed = self._connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", tuple(row)).rowcount
            if not changed:
                self._connection.execute("INSERT INTO sqlite_sequence (seq, name) VALUES (?, ?)", tuple(row))

    def after_commit(self, work: Callable[[], None]) -> None:
        """Do it when the outermost atomic() block has ended well, or now where there is none."""
        with self.lock:
            if self._open:
                self._afterwards.append(work)
            else:
                work()

    # -- records ------------------------------------------------------------------------------------------------

    def records(self, table: str, /, order: str = "id", **conditions: Any) -> list[Row]:
        where, params = self._where(table, conditions)
        return self.rows(f'SELECT * FROM "{table}"{where} ORDER BY {order}', params)

    def record(self, table: str, /, **conditions: Any) -> Row | None:
        """The first record that meets all conditions; several are no error, as for the plugin's look-ups."""
        where, params = self._where(table, conditions)
        return self.row(f'SELECT * FROM "{table}"{where} ORDER BY id LIMIT 1', params)

    def exists(self, table: str, /, **conditions: Any) -> bool:
        where, params = self._where(table, conditions)
        return self.row(f'SELECT 1 FROM "{table}"{where} LIMIT 1', params) is not None

    def insert(self, table: str, /, **values: Any) -> int:
        values = self._storable(table, values)
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join("?" * len(values))
        return self.write(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values.values()).lastrowid or 0

    def update(self, table: str, record_id: int, /, **values: Any) -> None:
        values = self._storable(table, values)
        if values:
            pairs = ", ".join(f'"{name}" = ?' for name in values)
            self.write(f'UPDATE "{table}" SET {pairs} WHERE id = ?', [*values.values(), record_id])

    def delete(self, table: str, /, **conditions: Any) -> int:
        where, params = self._where(table, conditions)
        return self.write(f'DELETE FROM "{table}"{where}', params).rowcount

    def _where(self, table: str, conditions: dict[str, Any]) -> tuple[str, list[Any]]:
        parts, params = [], []
        for name, value in conditions.items():
            column = COLUMNS[table].get(name)
            if column is None:
                raise ReadFailed(f'column "{name}" of table "{table}" does not exist')
            if value is None:
                parts.append(f'"{name}" IS NULL')
                continue
            if column.integer and not isinstance(value, int):
                if not _INTEGER.match(str(value)):
                    raise ReadFailed(f'invalid input syntax for type bigint: "{value}"')
                value = int(value)
            parts.append(f'"{name}" = ?')
            params.append(value)
        return (" WHERE " + " AND ".join(parts) if parts else ""), params

    @staticmethod
    def _storable(table: str, values: dict[str, Any]) -> dict[str, Any]:
        """Drop what is no column, refuse what PostgreSQL would refuse, as Moodle's database layer does."""
        result = {}
        for name, value in values.items():
            column = COLUMNS[table].get(name)
            if column is None:
                continue
            if value is None and column.default is not None:
                raise WriteFailed(f'null value in column "{name}" of relation "{table}" violates not-null constraint')
            if column.integer and value is not None:
                if isinstance(value, str):
                    if value == "":
                        value = 0
                    elif _INTEGER.match(value):
                        value = int(value)
                    else:
                        raise WriteFailed(f'invalid input syntax for type bigint: "{value}"')
            elif value is not None and not isinstance(value, bytes):
                value = str(value)
                if column.length and len(value) > column.length:
                    raise WriteFailed(f"value too long for type character varying({column.length})")
            result[name] = value
        return result

    # -- settings -----------------------------------------------------------------------------------------------

    def settings(self, plugin: str = "tool_sync") -> dict[str, str]:
        """A plugin's settings; Moodle's own are under the plugin name ``core``."""
        found = self.rows("SELECT name, value FROM config_plugins WHERE plugin = ?", [plugin])
        return {row["name"]: row["value"] for row in found if row["value"] is not None}

    def setting(self, name: str, plugin: str = "tool_sync") -> str | None:
        return self.value("SELECT value FROM config_plugins WHERE plugin = ? AND name = ?", [plugin, name])

    def set_setting(self, name: str, value: Any, plugin: str = "tool_sync") -> None:
        if value is None:
            self.write("DELETE FROM config_plugins WHERE plugin = ? AND name = ?", [plugin, name])
            return
        if isinstance(value, bool):
            value = int(value)
        self.write(
            "INSERT INTO config_plugins (plugin, name, value) VALUES (?, ?, ?) "
            "ON CONFLICT (plugin, name) DO UPDATE SET value = excluded.value",
            [plugin, name, str(value)],
        )
