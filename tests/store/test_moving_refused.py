"""Moves that must not be: they end with a sentence, and both ledgers stay as they were."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import apsw
import asyncpg
import pytest

from relay.store import open_store, take_back
from relay.store.base import InUse, StoreFault
from relay.store.moving import Progress, moving, source, target
from tests.factories import incoming
from tests.postgres import Databases
from tests.store.conftest import Engine
from tests.store.desk import Desk
from tests.store.everything import contents, told
from tests.store.moves import copy, finish, survey


async def test_a_relay_refuses_a_database_that_holds_a_part_and_says_how_the_move_ends(
    ledger: Path, database: str
) -> None:
    await copy(ledger, database)
    with pytest.raises(StoreFault, match=rf"{ledger} is being moved here.*store migrate --finish"):
        async with open_store(database):
            pass
    await finish(ledger, database)
    async with open_store(database) as store:
        assert (await store.ledger()).accepted


async def test_a_relay_refuses_the_file_that_was_moved_and_says_where_the_ledger_is(
    ledger: Path, database: str
) -> None:
    await finish(ledger, database)
    with pytest.raises(StoreFault, match=r"was moved to postgresql://relay@127.*2026-03-14: set store.url"):
        async with open_store(ledger):
            pass


async def test_processes_that_have_the_file_open_write_no_more(
    sqlite: Engine, ledger: Path, database: str
) -> None:
    async with sqlite.open(exclusive=False) as store:
        await store.add_request(incoming())
        await finish(ledger, database)
        accepted = (await store.ledger()).accepted
        with pytest.raises(StoreFault, match=r"was moved to postgresql://.*set store.url"):
            await store.add_request(incoming())
        with pytest.raises(StoreFault, match="was moved to"):
            await store.resume("main", None)
        assert (await store.ledger()).accepted == accepted
    async with open_store(database) as moved:
        assert (await moved.ledger()).accepted == accepted


async def test_no_statement_changes_the_file_that_was_moved(ledger: Path, database: str) -> None:
    await finish(ledger, database)
    before = await contents(ledger)
    with closing(apsw.Connection(str(ledger))) as db:
        for table in before:
            (column, *_) = (str(name) for name, _ in db.execute(f"SELECT * FROM {table}").get_description())
            for statement in (
                f"DELETE FROM {table}",
                f"UPDATE {table} SET {column} = {column}",
                f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
            ):
                with pytest.raises(apsw.ConstraintError, match=r"was moved to|append-only"):
                    db.execute(statement)
    assert await contents(ledger) == before


async def test_a_file_is_taken_back_as_it_was(sqlite: Engine, ledger: Path, database: str) -> None:
    async with sqlite.open(exclusive=False) as store:
        before = await told(store)
    await finish(ledger, database)
    assert (take_back(ledger) or "").startswith("postgresql://relay@127")
    async with sqlite.open() as store:
        assert await told(store) == before
        await store.add_request(incoming())
    assert take_back(ledger) is None


async def test_a_file_that_is_not_there_is_neither_moved_nor_taken_back(
    tmp_path: Path, database: str
) -> None:
    for step in (survey, copy, finish):
        with pytest.raises(StoreFault, match=r"no\.db does not exist"):
            await step(tmp_path / "no.db", database)
    with pytest.raises(StoreFault, match=r"no\.db does not exist"):
        take_back(tmp_path / "no.db")
    assert not (tmp_path / "no.db").exists()


async def test_what_was_moved_is_not_moved_again(ledger: Path, database: str, databases: Databases) -> None:
    await finish(ledger, database)
    before = await contents(database)
    async with databases.new() as other:
        for place in (database, other):
            for again in (survey, copy, finish):
                with pytest.raises(StoreFault, match=r"was moved to .* already: set store.url to it"):
                    await again(ledger, place)
    assert await contents(database) == before


async def test_a_database_with_a_ledger_takes_no_other(sqlite: Engine, ledger: Path, database: str) -> None:
    async with open_store(database) as store:
        await store.add_request(incoming())
    before = await contents(database)
    for attempt in (survey, copy, finish):
        with pytest.raises(StoreFault, match=r"relay_\w+ holds something already: name an empty database"):
            await attempt(ledger, database)
    assert await contents(database) == before
    async with sqlite.open() as store:
        assert (await store.ledger()).accepted


async def test_a_database_into_which_another_ledger_is_moved_takes_no_second_one(
    ledger: Path, database: str, tmp_path: Path
) -> None:
    await copy(ledger, database)
    other = tmp_path / "other.db"
    async with open_store(other):
        pass
    with pytest.raises(StoreFault, match=rf"holds a part of another ledger, {ledger}: name an empty"):
        await copy(other, database)


async def test_a_relay_at_work_is_told_to_stop_before_the_end(
    sqlite: Engine, ledger: Path, database: str
) -> None:
    async with sqlite.open():
        await copy(ledger, database)
        with pytest.raises(InUse, match=r"\(process \d+\) works on the ledger .*: stop all its processes"):
            await finish(ledger, database)
        with pytest.raises(InUse, match="stop all its processes"):
            take_back(ledger)
    await finish(ledger, database)


async def test_nobody_writes_while_the_end_is_under_way(ledger: Path, database: str) -> None:
    refused: list[str] = []

    def tell(step: Progress) -> None:
        with closing(apsw.Connection(str(ledger))) as db:
            try:
                db.execute("DELETE FROM quarantine")
            except apsw.BusyError:
                refused.append(step.step)

    await finish(ledger, database, tell)
    assert "copying" in refused
    assert (await contents(database))["quarantine"]


@pytest.mark.usefixtures("small_ranges")
@pytest.mark.parametrize("change", ["DELETE FROM delivery", "UPDATE delivery SET attempts = 9"])
async def test_what_was_changed_in_the_database_meanwhile_is_named_and_nothing_is_switched(
    sqlite: Engine, ledger: Path, database: str, change: str
) -> None:
    await copy(ledger, database)
    await Engine(database).execute(f"{change} WHERE enrollment_id = 5")
    with pytest.raises(StoreFault, match=r"delivery, enrollment_id above 4 up to 8: .* does not hold"):
        await finish(ledger, database)
    async with sqlite.open() as store:
        assert (await store.ledger()).accepted
    with pytest.raises(StoreFault, match="is being moved here"):
        async with open_store(database):
            pass


async def test_rows_that_somebody_slips_in_are_found(ledger: Path, database: str) -> None:
    await copy(ledger, database)
    await Engine(database).execute("INSERT INTO destination (name) VALUES ('third')")
    with pytest.raises(StoreFault, match=r"destination, name of any value: .* does not hold what was copied"):
        await finish(ledger, database)


async def test_what_is_another_after_copying_is_not_taken_for_copied(ledger: Path, database: str) -> None:
    async with moving(ledger, database, lambda _: None) as move:
        await move._begin()
    await Engine(database).execute(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql"
        " AS $$BEGIN NEW.name = 'x'; RETURN NEW; END$$;"
        "CREATE TRIGGER spoil BEFORE INSERT ON destination FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
    with pytest.raises(StoreFault, match="destination, name of any value, was copied and is another there"):
        await copy(ledger, database)


async def test_a_database_of_another_encoding_is_refused(ledger: Path, database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        url = database.rsplit("/", 1)[0] + "/ascii"
        with pytest.raises(StoreFault, match="ascii has the encoding SQL_ASCII: create it with "):
            await survey(ledger, url)
    finally:
        await connection.execute("DROP DATABASE IF EXISTS ascii WITH (FORCE)")
        await connection.close()


async def test_a_database_that_is_too_old_is_refused(
    ledger: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "_OLDEST", 990000)
    with pytest.raises(StoreFault, match=r"is PostgreSQL \d+: 15 is the oldest that will do"):
        await survey(ledger, database)


async def test_a_database_that_cannot_be_reached_is_told_without_its_password(ledger: Path) -> None:
    with pytest.raises(
        StoreFault, match=r"postgresql://relay@127.0.0.1:9/relay cannot be reached: "
    ) as fault:
        await copy(ledger, "postgresql://relay:pa55word@127.0.0.1:9/relay")
    assert "pa55word" not in str(fault.value)


async def test_a_ledger_of_another_version_is_not_changed_under_the_relay_that_works_on_it(
    ledger: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "migrations", lambda: [("9999_more.sql", "")])
    with pytest.raises(StoreFault, match=r"at migration \d+, this relay at 9999: run the same version"):
        await copy(ledger, database)


async def test_another_programs_file_is_no_ledger(tmp_path: Path, database: str) -> None:
    with closing(apsw.Connection(str(tmp_path / "other.db"))) as db:
        db.execute("CREATE TABLE shopping (item TEXT)")
    with pytest.raises(StoreFault, match="another program's"):
        await copy(tmp_path / "other.db", database)


async def test_what_was_wrong_before_is_told_and_moved_as_it_was(ledger: Path, database: str) -> None:
    with closing(apsw.Connection(str(ledger))) as db:
        db.execute("DROP TRIGGER audit_keeps")
        db.execute("UPDATE audit SET who = 'nobody' WHERE number = 2")
        db.execute("DELETE FROM request WHERE id = 1")
    done = await finish(ledger, database)
    assert done.warnings == (
        "20 requests were accepted, 21 have a state",
        "entry 2 is not what was written, or another one stood before it",
    )
    async with open_store(database) as store:
        assert (await store.ledger()).accepted == 20


async def test_a_survey_changes_nothing(ledger: Path, databases: Databases, database: str) -> None:
    size = len(await asyncio.to_thread(ledger.read_bytes))
    found = await survey(ledger, database)
    assert found.tables["request"] == 21
    assert found.tables["dead_letter"] == 6
    assert (found.copied, found.size) == (0, size)
    async with open_store(database) as store:
        assert (await store.ledger()).accepted == 0
    await copy(ledger, database)
    assert (await survey(ledger, database)).copied == sum(map(len, (await contents(ledger)).values()))


async def test_two_that_are_the_same_for_the_database_alone_are_told_without_what_they_are(
    sqlite: Engine, database: str
) -> None:
    """Names that differ in a character which the database replaces."""
    async with sqlite.open() as store:
        await Desk(store).enrol("ana@example.com")
    with closing(apsw.Connection(str(sqlite.path))) as db:
        for name in ("odd\0", "odd\ufffd"):
            db.execute("INSERT INTO event_type (source, name, first_at) VALUES ('shop', ?, 1)", (name,))
    with pytest.raises(
        StoreFault, match="event_type, id of any value: twice the same in event_type_"
    ) as fault:
        await finish(sqlite.path, database)
    assert "odd" not in str(fault.value)
