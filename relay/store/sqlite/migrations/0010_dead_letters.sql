-- The ledger of dead letters: one narrow row for each parked event and each dead enrollment, with all that
-- letters are listed, chosen and grouped by. It is written and removed with what it tells of.
CREATE TABLE dead_letter (
  at           INTEGER NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('parked', 'dead')),
  id           INTEGER NOT NULL,  -- of the event, or of the enrollment
  source       TEXT NOT NULL,
  cause        TEXT NOT NULL,
  code         TEXT,              -- what the destination calls it
  symptom      TEXT NOT NULL,
  reason       TEXT NOT NULL,
  path         TEXT,
  event_type   TEXT NOT NULL,
  business_key TEXT,
  request_id   INTEGER NOT NULL,
  route        TEXT,
  destination  TEXT,
  sequence     TEXT,
  email        TEXT,
  person       TEXT NOT NULL,     -- in lower case: address, names and phone number, or addresses in the request
  PRIMARY KEY (at, kind, id)
) STRICT, WITHOUT ROWID;

INSERT INTO dead_letter
SELECT at, kind, id, source, cause, NULL, coalesce(symptom, reason, ''), coalesce(reason, ''), path, event_type,
  business_key, request_id, route, destination, sequence, email, person
FROM (
  SELECT created_at AS at, 'parked' AS kind, id, source, 'unreadable' AS cause, symptom, reason, path, event_type,
    business_key, request_id, NULL AS route, NULL AS destination, NULL AS sequence, NULL AS email, '' AS person
  FROM event WHERE fate = 'parked'
  UNION ALL
  SELECT delivery.settled_at, 'dead', enrollment.id, event.source, delivery.cause, delivery.symptom,
    delivery.reason, NULL, event.event_type, event.business_key, event.request_id, enrollment.route,
    lane.destination, lane.sequence, enrollment.email,
    lower(enrollment.email
      || coalesce(' ' || (CAST(enrollment.contact AS TEXT) ->> 'firstName'), '')
      || coalesce(' ' || (CAST(enrollment.contact AS TEXT) ->> 'lastName'), '')
      || coalesce(' ' || (CAST(enrollment.contact AS TEXT) ->> 'phone'), ''))
  FROM delivery
    JOIN enrollment ON enrollment.id = delivery.enrollment_id
    JOIN event ON event.id = enrollment.event_id
    JOIN lane ON lane.id = delivery.lane_id
  WHERE delivery.state = 'dead')
ORDER BY at, kind, id;

CREATE UNIQUE INDEX letter_number ON dead_letter (kind, id);
CREATE INDEX letter_source ON dead_letter (source, at, kind, id);
CREATE INDEX letter_cause ON dead_letter (cause, at, kind, id);
CREATE INDEX letter_symptom ON dead_letter (symptom, at, kind, id);
CREATE INDEX letter_group ON dead_letter (cause, symptom, source, at);

DROP INDEX delivery_dead;
DROP INDEX event_parked;
ALTER TABLE delivery DROP COLUMN symptom;
ALTER TABLE event DROP COLUMN symptom;
