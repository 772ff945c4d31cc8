"""The whole table."""

from __future__ import annotations

from tests.work.behaviours import faults_table, rates_table, switches_table

ROWS = (*faults_table.ROWS, *switches_table.ROWS, *rates_table.ROWS)
