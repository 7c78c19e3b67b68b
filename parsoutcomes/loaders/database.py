"""Tables and queries of a database, read and never written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from parsoutcomes.errors import SourceError
from parsoutcomes.loaders.extras import import_reader
from parsoutcomes.loaders.grid import Grid, number_rows

_ADDRESS: Final = re.compile(r"^[a-z][a-z0-9]*(\+[a-z0-9]+)?://", re.IGNORECASE)
_SQLITE: Final = b"SQLite format 3\x00"
_DUCKDB: Final = b"DUCK"
_QUERY: Final = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
_IN_MEMORY: Final = ("", ":memory:")


def is_database_address(source: object) -> bool:
    """Whether a source is the address of a database, such as ``sqlite:///clinic.db``.

    Examples
    --------
    >>> is_database_address("sqlite:///clinic.db#fractures"), is_database_address("clinic.csv")
    (True, False)
    """
    is_web = isinstance(source, str) and source.lower().startswith(("http://", "https://"))
    return isinstance(source, str) and not is_web and bool(_ADDRESS.match(source))


def database_address(path: Path, content: bytes) -> str | None:
    """Return the address of a database that is a file, None when it is none.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    content : bytes
        Its first bytes at least.

    Returns
    -------
    str or None
    """
    if content.startswith(_SQLITE):
        return f"sqlite:///{path}"
    return f"duckdb:///{path}" if content[8:12] == _DUCKDB else None


def read_database(address: str) -> tuple[Grid, ...]:
    """Read the tables and views of a database, or one table or query of it, into grids.

    Parameters
    ----------
    address : str
        As SQLAlchemy writes it; after a #, the name of one table or view, or a query that
        begins with SELECT or WITH. ``sqlite:///clinic.db#SELECT * FROM fractures``.

    Returns
    -------
    tuple of Grid
        One per table; the header is row 0, the records count from 1.

    Raises
    ------
    SourceError
        When it cannot be opened or holds no such table, or the query would do more than read.

    Notes
    -----
    SQLite and DuckDB files are opened read-only; elsewhere the transaction is rolled back.
    Messages hold neither the address nor the query, which may contain a password or a name.
    """
    alchemy = import_reader("sqlalchemy", "sqlalchemy", what="Databases")
    base, _, wanted = address.partition("#")
    url = _url(alchemy, base)
    if url is None:
        raise _cannot("an address that cannot be read")
    name = Path(url.database or "").name or url.get_backend_name()
    engine = _engine(alchemy, url)
    # Raised outside of the handling, since errors of the driver carry query and address along.
    why = ""
    try:
        return _read(alchemy, engine, name, wanted.strip())
    except (alchemy.exc.SQLAlchemyError, sqlite3.Error) as error:
        why = type(error).__name__
    finally:
        engine.dispose()
    raise _cannot(f"{name}: {why}")


def _url(alchemy: Any, base: str) -> Any:  # noqa: ANN401
    """Return an address in its parts; None where it cannot be read, without the error's words."""
    try:
        return alchemy.make_url(base)
    except (alchemy.exc.ArgumentError, ValueError):
        return None


def _read(alchemy: Any, engine: Any, name: str, wanted: str) -> tuple[Grid, ...]:  # noqa: ANN401
    with engine.connect() as connection:
        if _QUERY.match(wanted):
            _require_one_statement(wanted)
            grids: tuple[Grid, ...] = (_grid(connection, alchemy.text(wanted), name, "query"),)
        else:
            found = _tables(alchemy.inspect(connection), wanted, name)
            grids = tuple(_grid(connection, _whole(alchemy, table), name, table) for table in found)
        connection.rollback()
    return grids


def _whole(alchemy: Any, table: str) -> Any:  # noqa: ANN401
    return alchemy.select(alchemy.text("*")).select_from(alchemy.table(table))


def _tables(inspector: Any, wanted: str, name: str) -> list[str]:  # noqa: ANN401
    tables = sorted({*inspector.get_table_names(), *inspector.get_view_names()})
    if not wanted and tables:
        return tables
    if wanted in tables:
        return [wanted]
    found = f"{name}: {len(tables)} tables and views, none of that name"
    raise SourceError(
        "The database has no such table.",
        expected="after the #, the name of a table or view, or a query that begins with SELECT",
        found=found if wanted else f"{name}: no table at all",
        fix="Check the name and its capitals; leave the # out to read every table.",
    )


def _grid(connection: Any, statement: Any, name: str, sheet: str) -> Grid:  # noqa: ANN401
    result = connection.execute(statement)
    rows = [list(result.keys()), *(list(row) for row in result)]
    return Grid(source=name, sheet=sheet, rows=number_rows(rows, first=0))


def _require_one_statement(query: str) -> None:
    if ";" not in query.strip().rstrip(";"):
        return
    raise SourceError(
        "The query holds more than one statement.",
        expected="one statement that begins with SELECT or WITH",
        found="a semicolon within the query",
        fix="Give one query without semicolons.",
    )


def _engine(alchemy: Any, url: Any) -> Any:  # noqa: ANN401
    makers: dict[str, Callable[[], Any]] = {
        "sqlite": lambda: alchemy.create_engine(
            "sqlite://", creator=_open_sqlite(_existing(url.database))
        ),
        "duckdb": lambda: _duckdb_engine(alchemy, url),
    }
    kind = url.get_backend_name()
    why = ""
    try:
        return makers.get(kind, lambda: alchemy.create_engine(url))()
    except alchemy.exc.SQLAlchemyError:
        why = f"no reader for {kind}"
    except ImportError:
        why = f"the reader for {kind} is not installed"
    raise _cannot(why)


def _duckdb_engine(alchemy: Any, url: Any) -> Any:  # noqa: ANN401
    import_reader("duckdb_engine", "duckdb-engine", what="DuckDB databases")
    _existing(url.database)
    closed = {"enable_external_access": "false"}
    return alchemy.create_engine(url, connect_args={"read_only": True, "config": closed})


def _open_sqlite(path: Path) -> Callable[[], sqlite3.Connection]:
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    return lambda: sqlite3.connect(address, uri=True)


def _existing(database: str | None) -> Path:
    path = Path(database or "")
    if (database or "") not in _IN_MEMORY and path.is_file():
        return path
    raise SourceError(
        "There is no such database.",
        expected="the path of a database file after ///",
        found=f"nothing called {path.name or 'so'} in the folder named",
        fix="Check the spelling of the path and the folder you are working in.",
    )


def _cannot(found: str) -> SourceError:
    return SourceError(
        "The database cannot be read.",
        expected="an address such as sqlite:///clinic.db, with its reader installed",
        found=found,
        fix="Check the address, the name of the table and your rights, or export to .csv.",
    )
