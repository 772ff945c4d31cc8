"""Where the ledger is: a file, or a database whose URL is a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from relay.config.faults import ConfigFaults
from relay.config.place import ledger_place
from relay.config.secrets import EnvSecret
from relay.config.storing import StoreSection
from relay.store import described

URL = "postgresql://relay:hunter2@db.example.com:5433/relay"


def test_without_a_url_the_ledger_is_the_file() -> None:
    assert ledger_place(StoreSection(path=Path("books.db")), {}) == Path("books.db")


def test_a_url_is_read_from_where_it_is_kept() -> None:
    assert ledger_place(StoreSection(url=EnvSecret(env="DATABASE_URL")), {"DATABASE_URL": f"{URL}\n"}) == URL


@pytest.mark.parametrize("url", ["mysql://db/relay", "db.example.com", "postgresql://db:port/relay"])
def test_what_is_no_database_is_a_fault_that_does_not_show_it(url: str) -> None:
    with pytest.raises(ConfigFaults) as caught:
        ledger_place(StoreSection(url=SecretStr(url)), {})
    (fault,) = caught.value.faults
    assert fault.key == "store.url"
    assert url not in str(fault)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(ConfigFaults, match="DATABASE_URL"):
        ledger_place(StoreSection(url=EnvSecret(env="DATABASE_URL")), {})


def test_people_are_shown_the_address_without_the_password() -> None:
    assert described(URL) == "postgresql://relay@db.example.com:5433/relay"
