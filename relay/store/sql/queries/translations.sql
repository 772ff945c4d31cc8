-- name: known_events
SELECT request_id, position FROM event WHERE request_id IN (SELECT value FROM json_each(?))

-- name: delivered_before
SELECT delivery_key, request_id FROM event WHERE delivery_key IN (SELECT unhex(value) FROM json_each(?))

-- name: next_event
SELECT max(last, coalesce((SELECT max(id) FROM event), 0)) + 1 FROM forgotten_event

-- name: next_enrollment
SELECT coalesce(max(id), 0) + 1 FROM enrollment

-- name: put_event
INSERT INTO event (id, request_id, position, source, event_type, fate, reason, path, kind, business_key,
  occurred_at, withdraws, subject, delivery_key, detail, enrollments, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: lane_of
SELECT id FROM lane WHERE destination = ? AND sequence = ? AND location = ? AND employee = ?

-- name: add_lane
INSERT INTO lane (destination, sequence, location, employee) VALUES (?, ?, ?, ?) RETURNING id

-- name: about
-- Whom a withdrawal means. The newest report of a person counts, also one that was merged: a booking may be made anew
-- before its cancellation arrives.
WITH found AS MATERIALIZED (SELECT id, subject FROM event WHERE subject = :subject)
SELECT enrollment.id FROM found CROSS JOIN enrollment ON enrollment.event_id = found.id
WHERE :occurred_at >= (
  SELECT max(report.occurred_at) FROM event AS report JOIN enrollment AS same ON same.event_id = report.id
  WHERE report.subject = found.subject AND coalesce(same.reported_key, same.contact_key)
    = coalesce(enrollment.reported_key, enrollment.contact_key))

-- name: withdraw
UPDATE delivery SET state = 'withdrawn', settled_at = :now, reason = :reason, cause = NULL
WHERE enrollment_id IN (SELECT value FROM json_each(:ids))
  AND (state = 'waiting' OR state = 'dead' AND cause IN ('held', 'unmapped'))
RETURNING enrollment_id

-- name: withdraw_overtaken
-- The numbers stand twice, and the state in a form that no index serves: a planner that knows of nothing that waits
-- would begin with all that does.
UPDATE delivery SET state = 'withdrawn', settled_at = :now, reason = 'was withdrawn before it could be sent again'
WHERE state || '' = 'waiting' AND enrollment_id IN (SELECT value FROM json_each(:ids)) AND enrollment_id IN (
  SELECT enrollment.id FROM enrollment JOIN event ON event.id = enrollment.event_id
  WHERE enrollment.id IN (SELECT value FROM json_each(:ids)) AND (
    SELECT max(occurred_at) FROM event AS withdrawal
    WHERE withdrawal.subject = event.subject AND withdrawal.withdraws = 1 AND withdrawal.fate = 'read') >= (
    SELECT max(report.occurred_at) FROM event AS report JOIN enrollment AS same ON same.event_id = report.id
    WHERE report.subject = event.subject AND coalesce(same.reported_key, same.contact_key)
      = coalesce(enrollment.reported_key, enrollment.contact_key)))
RETURNING enrollment_id

-- name: free_key
UPDATE enrollment SET dedupe_key = NULL WHERE id = ?

-- name: withdrawn_by
SELECT subject, kind, occurred_at FROM event
WHERE subject IN (SELECT unhex(value) FROM json_each(?)) AND withdraws = 1 AND fate = 'read'
  AND occurred_at IS NOT NULL

-- name: same_enrollment
-- By what their events are about: the keys have no index of their own, and a correction changes the person's. They come
-- last: a planner would look for each in a whole index of which they are not the first part.
WITH found AS MATERIALIZED (
  SELECT id, subject FROM event WHERE subject IN (SELECT unhex(value) FROM json_each(:subjects))),
enrolled AS MATERIALIZED (
  SELECT enrollment.id, enrollment.dedupe_key, found.subject,
    coalesce(enrollment.reported_key, enrollment.contact_key) AS person
  FROM found CROSS JOIN enrollment ON enrollment.event_id = found.id
  WHERE enrollment.dedupe_key IS NOT NULL)
SELECT enrolled.dedupe_key, enrolled.id,
  delivery.state = 'waiting' OR coalesce(delivery.cause IN ('held', 'unmapped'), FALSE), delivery.due_at, coalesce((
  SELECT max(report.occurred_at) FROM event AS report JOIN enrollment AS same ON same.event_id = report.id
  WHERE report.subject = enrolled.subject AND coalesce(same.reported_key, same.contact_key) = enrolled.person), 0)
FROM enrolled CROSS JOIN delivery ON delivery.enrollment_id = enrolled.id
WHERE enrolled.dedupe_key IN (SELECT unhex(value) FROM json_each(:keys))

-- name: move
-- The reason of a dead letter is why it is one.
UPDATE delivery SET due_at = :due_at, start_at = :start_at, reason = CASE state WHEN 'dead' THEN reason ELSE :held END
WHERE enrollment_id = :id

-- name: add_enrollment
INSERT INTO enrollment
  (id, event_id, route, lane_id, email, contact, contact_key, dedupe_key, cooldown, note, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: add_delivery
INSERT INTO delivery (enrollment_id, lane_id, state, due_at, start_at, settled_at, cause, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
