-- Numbers count from 1; what is above :history still waits to be sent. Five enrollments come from four requests;
-- every fortieth request has an event beside the first that could not be read. `h` spreads evenly, so that every
-- kind of row is everywhere.

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :lanes)
INSERT INTO lane (id, destination, sequence, location, employee)
SELECT i, CASE WHEN i % 4 THEN 'main' ELSE 'second' END,
  printf('%08x-0000-4000-8000-%012x', i, i), '', '' FROM n;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :requests)
INSERT INTO request (id, source, received_at, method, query, headers, body)
SELECT i, CASE WHEN i % (:requests / 8) = 5 THEN 'source-rare' ELSE 'source-' || (h * h * h / 33333334) END,
  :start + i * :pace, 'POST', '',
  CAST(printf('{"content-type":"application/json","user-agent":"Shop/4.2","x-shop-topic":"orders/paid",'
    || '"x-shop-webhook-id":"%032x","accept":"*/*","x-forwarded-proto":"https"}', i) AS BLOB),
  CAST(printf('{"id":%d,"customer":{"email":"guest%d@example.com","first_name":"Priya","last_name":"Raman"},'
    || '"total_price":"84.50","currency":"USD","note":"%.*c"}', i, i % :people, 500, '-') AS BLOB)
FROM (SELECT i, (i * 7919) % 1000 AS h FROM n);

INSERT INTO request_state (request_id, state, due_at, attempts, events, source)
SELECT id, CASE WHEN id > :requests - 500 THEN 'waiting' ELSE 'translated' END, received_at, 1,
  1 + (id % 40 = 0), source FROM request;

INSERT INTO event (id, request_id, position, source, event_type, fate, kind, business_key, occurred_at, subject,
  delivery_key, detail, enrollments, created_at)
SELECT id + (id - 1) / 40, id, 0, source, 'orders/paid', 'read', 'purchase.completed', 'order-' || id, received_at,
  randomblob(16), randomblob(16),
  CAST('{"kind":"purchase.completed","key":"order-' || id || '","value":84.5,"contacts":[{"email":"guest'
    || (id % :people) || '@example.com","first_name":"Priya","last_name":"Raman"}]}' AS BLOB),
  1 + (id % 4 = 1), received_at + 900 FROM request;

INSERT INTO event (id, request_id, position, source, event_type, fate, reason, path, created_at)
SELECT id + (id - 1) / 40 + 1, id, 1, source, 'orders/odd-' || (id % 9), 'parked', 'is missing',
  '$.line_items[' || (id % 5) || '].sku', received_at + 900 FROM request WHERE id % 40 = 0;

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :enrollments)
INSERT INTO enrollment (id, event_id, route, lane_id, email, contact, contact_key, dedupe_key, cooldown, created_at)
SELECT i, r + (r - 1) / 40, CASE WHEN i % (:enrollments / 8) = 7 THEN 'route-rare' ELSE 'route-' || (i % 12) END,
  i % :lanes + 1, 'guest' || p || '@example.com',
  CAST(printf('{"email":"guest%d@example.com","firstName":"Priya","lastName":"Raman-%d","phone":"+1202%07d"}',
    p, p % 5000, p) AS BLOB),
  contact_key(i % :lanes + 1, 'guest' || p || '@example.com'), randomblob(16), 86400000, :start + r * :pace + 900
FROM (SELECT i, (i - 1) * 4 / 5 + 1 AS r, ((i - 1) * 4 / 5 + 1) % :people AS p FROM n);

INSERT INTO delivery (enrollment_id, lane_id, state, due_at, batch_id, attempts, settled_at, cause, reason, contact_id)
SELECT id, lane_id, state, created_at, CASE WHEN state IN ('delivered', 'dead') THEN (id - 1) / 50 + 1 END, 1,
  CASE WHEN state <> 'waiting' THEN created_at + 60000 END,
  CASE WHEN state = 'dead' THEN CASE WHEN c < 12 THEN 'refused' WHEN c < 15 THEN 'unknown' WHEN c < 18 THEN
    'unconfirmed' WHEN c < 19 THEN 'gave_up' ELSE 'unmapped' END END,
  CASE state WHEN 'dead' THEN '400 CODE_' || k || ': contacts.' || (id % 50) || '.field-' || k || ': Invalid value'
    WHEN 'merged' THEN 'the same order is enrollment ' || (id - 1)
    WHEN 'withdrawn' THEN 'purchase.refunded arrived before it was sent'
    WHEN 'suppressed' THEN 'on the suppression list (email)' WHEN 'discarded' THEN 'a test of ours' END,
  CASE WHEN state = 'delivered' THEN printf('%08x-1111-4000-8000-%012x', id, id) END
FROM (SELECT *, (id * 31) % 20 AS c, (id / 7) % 53 % 50 AS k,
    CASE WHEN id > :history THEN 'waiting' WHEN h < 82 THEN 'dead'
      WHEN h < 120 THEN 'merged' WHEN h < 145 THEN 'withdrawn' WHEN h < 160 THEN 'suppressed'
      WHEN h < 170 THEN 'discarded' ELSE 'delivered' END AS state
  FROM (SELECT *, (id * 7919) % 1000 AS h FROM enrollment));

INSERT INTO batch (id, lane_id, key, size, body, state, attempts, due_at, created_at)
SELECT (id - 1) / 50 + 1, lane_id, 'relay-' || hex(randomblob(16)), 50,
  CAST('{"contacts":[' || group_concat(CAST(contact AS TEXT)) || ']}' AS BLOB), 'settled', 1, created_at, created_at
FROM enrollment WHERE id <= :history GROUP BY (id - 1) / 50;

INSERT INTO attempt (batch_id, number, started_at, took, status, answer)
SELECT id, 1, created_at, 210, 200, CAST('{"data":{"sendingsCreated":50}}' AS BLOB) FROM batch;

INSERT INTO dead_letter (at, kind, id, source, cause, code, symptom, reason, path, event_type, business_key,
  request_id, route, destination, sequence, email, person)
SELECT delivery.settled_at, 'dead', enrollment.id, event.source, delivery.cause,
  CASE WHEN delivery.cause = 'refused' THEN substr(delivery.reason, 5, instr(delivery.reason, ':') - 5) END,
  '# X: contacts.#.' || substr(delivery.reason, instr(delivery.reason, 'field')), delivery.reason, NULL,
  event.event_type, event.business_key, event.request_id, enrollment.route, lane.destination, lane.sequence,
  enrollment.email, enrollment.email || ' priya ' || lower(CAST(enrollment.contact AS TEXT) ->> 'lastName')
    || ' ' || (CAST(enrollment.contact AS TEXT) ->> 'phone')
FROM delivery
  JOIN enrollment ON enrollment.id = delivery.enrollment_id
  JOIN event ON event.id = enrollment.event_id
  JOIN lane ON lane.id = delivery.lane_id
WHERE delivery.state = 'dead'
UNION ALL
SELECT created_at, 'parked', event.id, source, 'unreadable', NULL, path || ' ' || reason, reason, path, event_type,
  NULL, request_id, NULL, NULL, NULL, NULL, 'guest' || (request_id % :people) || '@example.com'
FROM event WHERE fate = 'parked'
ORDER BY 1, 2, 3;
