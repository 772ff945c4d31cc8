-- name: contact
SELECT enrollment.email, enrollment.contact, lane.destination, lane.sequence
FROM enrollment
JOIN delivery ON delivery.enrollment_id = enrollment.id
JOIN lane ON lane.id = enrollment.lane_id
WHERE enrollment.id = ? AND delivery.state = 'dead'

-- name: change
UPDATE enrollment SET email = :email, contact = :contact, contact_key = :contact_key,
  reported_key = coalesce(reported_key, contact_key)
WHERE id = :id

-- name: leave
-- Out of its call: what is sent is another one, so that the call can never go out again as it was.
UPDATE delivery SET batch_id = NULL, revision = revision + 1 WHERE enrollment_id = ?

-- name: add
INSERT INTO correction (enrollment_id, before, after, who, why, at, job_id) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: of
SELECT before, after, who, why, at, job_id FROM correction WHERE enrollment_id = ? ORDER BY id

-- name: dead
SELECT enrollment.id, event.request_id, event.source, event.position, enrollment.route, delivery.cause,
  enrollment.email, enrollment.contact,
  (SELECT before FROM correction WHERE enrollment_id = enrollment.id ORDER BY id LIMIT 1),
  lane.destination, lane.sequence, lane.location, lane.employee
FROM enrollment
JOIN delivery ON delivery.enrollment_id = enrollment.id
JOIN event ON event.id = enrollment.event_id
JOIN lane ON lane.id = enrollment.lane_id
WHERE enrollment.id IN (SELECT value FROM json_each(?)) AND delivery.state = 'dead'

-- name: cooldown
SELECT cooldown FROM enrollment WHERE id = ?

-- name: overtaken
SELECT 1 FROM enrollment JOIN event ON event.id = enrollment.event_id
WHERE enrollment.id = ? AND (
  SELECT max(occurred_at) FROM event AS withdrawal
  WHERE withdrawal.subject = event.subject AND withdrawal.withdraws = 1 AND withdrawal.fate = 'read') >= (
  SELECT max(report.occurred_at) FROM event AS report JOIN enrollment AS same ON same.event_id = report.id
  WHERE report.subject = event.subject AND coalesce(same.reported_key, same.contact_key)
    = coalesce(enrollment.reported_key, enrollment.contact_key))

-- name: also
SELECT other.id, delivery.state
FROM enrollment AS other
JOIN event AS report ON report.id = other.event_id
JOIN delivery ON delivery.enrollment_id = other.id
WHERE other.contact_key = :contact_key AND other.id <> :id
  AND delivery.state IN ('waiting', 'sending', 'delivered', 'dead')
  AND report.subject = (SELECT event.subject FROM enrollment JOIN event ON event.id = enrollment.event_id
    WHERE enrollment.id = :id)
ORDER BY other.id LIMIT 5
