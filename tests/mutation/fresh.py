"""`python -m tests.mutation.fresh MODULE MUTANT`: who notices what is broken where a module is imported.

Without a mutant the module of the core is whole, and nobody notices anything.
"""

from __future__ import annotations

import ast
import importlib.util
import sys

from tests.mutation import core


def import_broken(name: str, tree: ast.Module) -> None:
    """Imports a module of the core as `tree` has it, before anything else imports it."""
    full = f"relay.core.{name}"
    spec = importlib.util.find_spec(full)
    assert spec is not None
    assert full not in sys.modules
    module = sys.modules[full] = importlib.util.module_from_spec(spec)
    exec(compile(tree, str(spec.origin), "exec"), module.__dict__)  # that is the point
    setattr(sys.modules["relay.core"], name, module)


def noticed(name: str, mutant: str) -> str:
    whole = ast.parse(core.source(name))
    tree = core.import_mutants(name)[mutant].tree if mutant else whole
    try:
        import_broken(name, tree)
        from tests.mutation.judge import fault_of_tests, guarded  # noqa: PLC0415  # they use it
        from tests.mutation.notice import first_fault  # noqa: PLC0415  # they use it

        if first_fault(guarded().values()):
            return "cases"
    except Exception:  # noqa: BLE001  # what cannot even be imported is noticed by everybody
        return "cases"
    return "tests" if fault_of_tests() else "nobody"


if __name__ == "__main__":
    sys.stdout.write(noticed(*sys.argv[1:]))
