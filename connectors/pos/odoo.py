"""Odoo: orders of the point of sale and of sales, contacts, by automation rules.

**Set-up.** Odoo does not sign, so the URL itself is the secret.

1. Make a long random text (`openssl rand -hex 32`) and write it into `url_token`.
2. With the developer mode on, open *Settings → Technical → Automation rules → New*. Model *Point of Sale
   Orders* (or *Sales Order*, *Contact*), trigger *On save*, action *Send Webhook Notification* to
   `/hooks/SOURCE/TOKEN` of this relay, with these fields ticked. Orders: *Status* (`state`), *Customer*
   (`partner_id`), *Date* (`date_order`), *Total* (`amount_total`), *Point of Sale* (`config_id`) or
   *Warehouse* (`warehouse_id`), *User* (`user_id`). Contacts: *Name*, *Email*, *Phone*, *Created on*
   (`create_date`) and *Last updated on* (`write_date`).
3. Orders name their customer by number, so the relay asks Odoo. In *Preferences → Account security* make an
   API key, best of a user who may only read contacts, and write it into `api_key`; set `server` and
   `database`. Odoo Online allows this on the plan *Custom* only.
4. Up to Odoo 18 also set `user_id`, the number in that user's address under *Settings → Users*.

**Settings.**

- `server`: the address of your Odoo (`"https://mycompany.odoo.com"`); `database`: its name (`"mycompany"`).
- `user_id`: the number of the key's user: the relay asks by JSON-RPC then, else by JSON-2 (from Odoo 19 on).

**Good to know.** The rule runs at every save: an order counts once it is paid, done, invoiced or (sales)
confirmed, and a cancelled one withdraws what still waits. A return at the till does not name its sale, so it
withdraws nothing. A rule on contacts runs for vendors and colleagues, too: limit it under *Apply on*. Odoo
waits **one second and never repeats**: what it sends while the relay is down is lost. Without a country
beside it, a phone number needs `default_region`.

Documentation: https://www.odoo.com/documentation/19.0/applications/studio/automated_actions.html (confidence:
good, from Odoo's source code)
"""

from __future__ import annotations

from relay.kit import (
    Answer,
    Asking,
    Connector,
    Ignored,
    Keys,
    Kind,
    LookUp,
    Node,
    OptionalKeys,
    OwnOrigin,
    Person,
    Reading,
    Secrets,
    Settings,
    SharedToken,
    Source,
    Unreadable,
    all_texts,
    bearer,
    field_text,
    key_in_json,
    post_json,
)

# `sale` is what Sales calls a confirmed order; it does not tell whether that is paid.
COUNTED = ("paid", "done", "invoiced", "sale")


class OdooSecrets(Secrets):
    url_token: Keys
    """The token in the URL."""

    api_key: OptionalKeys = ()
    """An API key, for looking customers up."""


class OdooSettings(Settings):
    server: OwnOrigin | None = None
    """The address of the Odoo server."""

    database: str = ""
    """The name of the database."""

    user_id: int | None = None
    """The number of the key's user, up to Odoo 18."""


def filled(node: Node) -> Node:
    """Odoo writes false where there is nothing."""
    return Node(None, node.path) if node.raw is False else node


def on_order(order: Node, source: Source) -> Reading | Asking | Ignored:
    if (state := order["state"].text()) == "cancel":
        return reading(order, Kind.PURCHASE_REFUNDED)
    if state not in COUNTED:
        return Ignored(f"the order is {state}, not paid")
    if order.get("amount_total").exists and order["amount_total"].number() < 0:
        return Ignored("a return, which does not name its sale")
    if not filled(order["partner_id"]).exists:
        return Ignored("no customer on the order: a walk-in", nobody=True)
    return with_customer(order, source)


def with_customer(order: Node, source: Source) -> Asking:
    number = order["partner_id"].integer()
    if source.settings.server is None or not source.keys("api_key"):
        raise Unreadable("names the customer by number: set settings.server and api_key", "$.partner_id")
    answer = yield ask(number, source.settings)
    found = records(answer)
    partner = next((one for one in found.each() if one["id"].integer() == number), None)
    if partner is None:
        return Ignored("Odoo no longer has this customer", nobody=True)
    return reading(order, Kind.PURCHASE_COMPLETED, person_in(partner))


def ask(number: int, settings: OdooSettings) -> LookUp:
    """https://www.odoo.com/documentation/19.0/developer/reference/external_api.html, and external_rpc_api"""
    wanted, names = [["id", "=", number]], ["name", "email", "phone"]
    if settings.user_id is None:
        url = f"{settings.server}/json/2/res.partner/search_read"
        database = {"x-odoo-database": settings.database} if settings.database else {}
        return post_json(url, {"domain": wanted, "fields": names}, auth=bearer("api_key"), headers=database)
    asked = [wanted], {"fields": [*names, "mobile"]}
    args = [settings.database, settings.user_id, None, "res.partner", "search_read", *asked]
    call = {"service": "object", "method": "execute_kw", "args": args}
    body = {"jsonrpc": "2.0", "method": "call", "params": call, "id": number}
    return post_json(f"{settings.server}/jsonrpc", body, auth=key_in_json("params", "args", 2))


def records(answer: Answer) -> Node:
    """JSON-2 answers with the records and a status; JSON-RPC with 200, also for an error."""
    if not answer.found or isinstance(answer.body.raw, list):
        return answer.body if answer.found else Node(None)
    if answer.body.get("error").exists:
        raise Unreadable("is an error of Odoo: check api_key, settings.database and user_id", "answer")
    return answer.body["result"]


def on_partner(partner: Node, _source: Source) -> Reading:
    created, written = (filled(partner.get(name)).text_or_none() for name in ("create_date", "write_date"))
    kind = Kind.CONTACT_CREATED if created is not None and created == written else Kind.CONTACT_UPDATED
    return reading(partner, kind, person_in(partner))


def reading(record: Node, kind: Kind, *people: Person) -> Reading:
    places = (filled(record.get(name)) for name in ("config_id", "warehouse_id", "company_id"))
    happened = filled(record.get("date_order"))
    return Reading(
        kind=kind,
        # Orders of the till and of sales are numbered apart.
        key=f"{record['_model'].text()},{record['_id'].text()}",
        occurred_at=None if kind.withdraws else happened.time_or_none(),
        people=people,
        location=next((place.text() for place in places if place.exists), None),
        employee=filled(record.get("user_id")).text_or_none(),
    )


def person_in(partner: Node) -> Person:
    return Person(
        email=filled(partner.get("email")).text_or_none(),
        full_name=filled(partner.get("name")).text_or_none(),
        phone=all_texts(filled(partner.get("mobile")), filled(partner.get("phone"))),
    )


CONNECTOR = Connector(
    name="odoo",
    label="Odoo",
    group="pos",
    docs="https://www.odoo.com/documentation/19.0/applications/studio/automated_actions.html",
    confidence="verified against the vendor's documentation or test vectors",
    verify=SharedToken(),
    event_type=field_text("_model"),
    handlers={"pos.order": on_order, "sale.order": on_order, "res.partner": on_partner},
    kinds=frozenset(
        {Kind.PURCHASE_COMPLETED, Kind.PURCHASE_REFUNDED, Kind.CONTACT_CREATED, Kind.CONTACT_UPDATED}
    ),
    secrets=OdooSecrets,
    settings=OdooSettings,
    default_events=frozenset({Kind.PURCHASE_COMPLETED}),
)
