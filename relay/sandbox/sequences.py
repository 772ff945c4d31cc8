"""The sequences API: it exists and is paginated; the shape of its object is not stored.

Sources: https://demeterrr.mintlify.app/scopes, https://demeterrr.mintlify.app/pagination
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from relay.sandbox.answers import Answer, answer_json
from relay.sandbox.lists import page_of
from relay.sandbox.times import iso

if TYPE_CHECKING:
    from relay.sandbox.auth import Visit
    from relay.sandbox.records import Sequence
    from relay.sandbox.switches import Switches


def list_sequences(visit: Visit, _: str) -> Answer:
    """`GET /sequences`."""
    own = visit.organization.id
    found = [each for each in visit.world.sequences.values() if each.organization_id == own]
    return page_of(found, visit.call.query, partial(sequence_object, visit.switches))


def get_sequence(visit: Visit, sequence_id: str) -> Answer:
    """`GET /sequences/:id`."""
    return answer_json(200, {"data": sequence_object(visit.switches, visit.sequence(sequence_id))})


def sequence_object(switches: Switches, sequence: Sequence) -> dict[str, Any]:
    """At least `id`, `name` and, unless switched off, `status`."""
    status = {"status": sequence.status} if switches.sequence_status else {}
    created = {"createdAt": iso(sequence.created_at)}
    return {"id": sequence.id, "name": sequence.name, **status, **created}
