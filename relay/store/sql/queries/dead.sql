-- name: retry_enrollment
-- Whoever wants it sent now does not want it to be too late; but what is not over yet is waited for.
UPDATE delivery SET state = 'waiting', due_at = max(due_at, :now), start_at = NULL, batch_id = NULL,
  attempts = 0, replay = 1, settled_at = NULL, revision = revision + CASE cause WHEN 'unknown' THEN 0 ELSE 1 END, cause = NULL, reason = :why
WHERE enrollment_id = :id AND state = 'dead' RETURNING enrollment_id

-- name: discard_enrollment
UPDATE delivery SET state = 'discarded', settled_at = :now, reason = :reason
WHERE enrollment_id = :id AND state = 'dead' RETURNING enrollment_id

-- name: mark_delivered
-- When it was settled stays: the cool-down counts from the call that may have worked.
UPDATE delivery SET state = 'delivered', cause = NULL, reason = :reason
WHERE enrollment_id = :id AND state = 'dead' AND cause IN ('unknown', 'unconfirmed') RETURNING enrollment_id

-- name: parked_event
SELECT request_id, source, position FROM event WHERE id = ? AND fate = 'parked'

-- name: parked_place
SELECT request_id, position FROM event WHERE id = ? AND fate = 'parked'

-- name: forget_fate
DELETE FROM event WHERE id = ? RETURNING source, event_type, created_at

-- name: spend_number
UPDATE forgotten_event SET last = max(last, ?)

-- name: discard_event
UPDATE event SET fate = 'discarded', reason = :reason WHERE id = :id AND fate = 'parked' RETURNING id

-- name: whole_batches
SELECT batch.id, json_group_array(delivery.enrollment_id)
FROM delivery JOIN batch ON batch.id = delivery.batch_id
WHERE delivery.enrollment_id IN (SELECT value FROM json_each(?)) AND batch.state = 'settled'
  AND delivery.state = 'dead' AND delivery.cause = 'unknown' AND length(batch.body) > 0
GROUP BY batch.id HAVING count(*) = batch.size

-- name: ready
SELECT enrollment.id, enrollment.email, enrollment.contact
FROM enrollment JOIN delivery ON delivery.enrollment_id = enrollment.id
WHERE enrollment.id IN (SELECT value FROM json_each(?)) AND delivery.state = 'waiting' AND delivery.batch_id IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM enrollment AS same JOIN delivery AS other ON other.enrollment_id = same.id
    WHERE same.contact_key = enrollment.contact_key AND other.state = 'sending')

-- name: open_again
-- One try of it counts as made: nothing that it meets may part its members.
UPDATE batch SET state = 'open', due_at = :now, lease_until = NULL, attempts = 1, replay = 1 WHERE id = :id

-- name: rejoin
UPDATE delivery SET state = 'sending', batch_id = :id WHERE enrollment_id IN (SELECT value FROM json_each(:members))
