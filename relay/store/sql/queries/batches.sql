-- name: lease
UPDATE batch SET lease_until = :lease_until, attempts = attempts + 1 WHERE id = :id
RETURNING key, body, attempts, replay

-- name: lane
SELECT destination, sequence, location, employee FROM lane WHERE id = ?

-- name: lane_of
SELECT lane_id FROM batch WHERE id = ?

-- name: candidates
SELECT delivery.enrollment_id, enrollment.email, enrollment.contact, delivery.revision, delivery.attempts
FROM delivery JOIN enrollment ON enrollment.id = delivery.enrollment_id
WHERE delivery.lane_id = :lane_id AND delivery.replay = :replay AND delivery.state = 'waiting'
  AND delivery.due_at <= :now
  AND (enrollment.cooldown = 0 OR (
    SELECT 1 FROM enrollment AS same JOIN delivery AS other ON other.enrollment_id = same.id
    WHERE same.contact_key = enrollment.contact_key AND same.id <> delivery.enrollment_id
      AND other.state || '' = 'sending' LIMIT 1) IS NULL)
ORDER BY delivery.due_at, delivery.enrollment_id LIMIT :limit

-- name: cooling
SELECT other.enrollment_id, other.state
FROM enrollment JOIN delivery AS other ON other.enrollment_id = enrollment.id
WHERE enrollment.contact_key = :contact_key AND enrollment.id <> :id AND other.settled_at > :since
  AND (other.state = 'delivered' OR (other.state = 'dead' AND other.cause = 'unknown'))
ORDER BY other.state DESC LIMIT 1

-- name: all_cooling
-- Each state is looked up for itself: who knows nothing of a young ledger would begin with all that was delivered.
WITH candidate AS MATERIALIZED (
  SELECT id, contact_key, cooldown FROM enrollment WHERE id IN (SELECT value FROM json_each(:ids)) AND cooldown > 0)
SELECT id, other_id, state FROM (
  SELECT candidate.id, same.id AS other_id, (
    SELECT other.state FROM delivery AS other
    WHERE other.enrollment_id = same.id AND other.settled_at > :now - candidate.cooldown
      AND (other.state = 'delivered' OR (other.state = 'dead' AND other.cause = 'unknown'))) AS state
  FROM candidate
  CROSS JOIN enrollment AS same ON same.contact_key = candidate.contact_key AND same.id <> candidate.id) AS pair
WHERE state IS NOT NULL ORDER BY state DESC

-- name: cool
UPDATE delivery SET state = 'merged', settled_at = ?, reason = ? WHERE enrollment_id = ?

-- name: add_batch
INSERT INTO batch (lane_id, key, size, body, attempts, due_at, lease_until, replay, created_at)
VALUES (:lane_id, :key, :size, :body, :attempts, :now, :lease_until, :replay, :now)
RETURNING id

-- name: took_turn
UPDATE lane SET last_batch = ? WHERE id = ?

-- name: under_way
SELECT count(*) FROM batch JOIN lane ON lane.id = batch.lane_id
WHERE batch.state = 'open' AND batch.lease_until IS NOT NULL AND lane.destination = ? AND batch.id <> ?

-- name: join_batch
UPDATE delivery SET state = 'sending', batch_id = ? WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: leave_batch
INSERT INTO former_batch (enrollment_id, batch_id)
SELECT enrollment_id, batch_id FROM delivery
WHERE enrollment_id IN (SELECT value FROM json_each(?)) AND batch_id IS NOT NULL
ON CONFLICT DO NOTHING

-- name: members
SELECT delivery.enrollment_id, enrollment.email, enrollment.contact, delivery.revision, delivery.attempts
FROM delivery JOIN enrollment ON enrollment.id = delivery.enrollment_id
WHERE delivery.batch_id = ? AND delivery.state = 'sending'
ORDER BY delivery.enrollment_id

-- name: end_batch
UPDATE batch SET state = :state, lease_until = NULL
WHERE id = :id AND state = 'open' AND attempts = :attempt RETURNING id

-- name: keep_batch
UPDATE batch SET lease_until = NULL, due_at = :due_at, attempts = attempts - 1 + :counted
WHERE id = :id AND state = 'open' AND attempts = :attempt RETURNING id

-- name: add_attempt
INSERT INTO attempt (batch_id, number, started_at, took, status, certainty, error, answer)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: delivered
-- `contacts` are an enrollment and what the destination calls its contact.
UPDATE delivery
SET state = 'delivered', settled_at = :now, contact_id = contact.value ->> 1, reason = :doubt, cause = NULL
FROM json_each(:contacts) AS contact
WHERE enrollment_id = CAST(contact.value ->> 0 AS BIGINT)

-- name: dead
UPDATE delivery SET state = 'dead', settled_at = ?, cause = ?, reason = ? WHERE enrollment_id = ?

-- name: wait_again
UPDATE delivery SET state = 'waiting', batch_id = NULL, attempts = attempts + ?, reason = ?
WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: pause_sequence
UPDATE lane SET paused_until = max(paused_until, :until), paused_for = :reason
WHERE destination = :name AND sequence = :sequence

-- name: held
SELECT name, NULL, coalesce(paused_for, '') FROM destination WHERE paused_until = ?1
UNION ALL
SELECT DISTINCT destination, sequence, coalesce(paused_for, '') FROM lane WHERE paused_until = ?1

-- name: resume_destination
UPDATE destination SET paused_until = 0, paused_for = NULL WHERE name = ? AND paused_until > 0 RETURNING name

-- name: resume_sequence
UPDATE lane SET paused_until = 0, paused_for = NULL
WHERE destination = ? AND sequence = ? AND paused_until > 0 RETURNING id

-- name: pause_destination
INSERT INTO destination (name, paused_until, paused_for) VALUES (:name, :until, :reason)
ON CONFLICT (name) DO UPDATE SET paused_until = max(destination.paused_until, excluded.paused_until), paused_for = :reason

-- name: expired
SELECT id, lane_id FROM batch WHERE state = 'open' AND lease_until <= ?

-- name: take_over
UPDATE batch SET lease_until = :lease_until WHERE id = :id RETURNING key, body, attempts, replay

-- name: expire
UPDATE batch SET lease_until = 0 WHERE state = 'open' AND lease_until IS NOT NULL

-- name: resume_lanes
UPDATE lane SET paused_until = 0, paused_for = NULL WHERE paused_until > 0

-- name: resume_destinations
UPDATE destination SET paused_until = 0, paused_for = NULL WHERE paused_until > 0
