-- name: breaker
SELECT state, failures, look_at, reason FROM breaker WHERE destination = ? AND sequence = ?

-- name: put
INSERT INTO breaker (destination, sequence, state, failures, look_at, reason) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (destination, sequence) DO UPDATE SET
  state = excluded.state, failures = excluded.failures, look_at = excluded.look_at, reason = excluded.reason

-- name: remove
DELETE FROM breaker WHERE destination = ? AND sequence = ?

-- name: gates
SELECT destination, sequence, state, EXISTS (
  SELECT 1 FROM batch JOIN lane ON lane.id = batch.lane_id
  WHERE batch.state = 'open' AND batch.lease_until IS NOT NULL AND lane.destination = breaker.destination
    AND breaker.sequence IN ('', lane.sequence))
FROM breaker WHERE state <> 'closed'

-- name: open
SELECT destination, sequence, state, failures, look_at, reason FROM breaker WHERE state <> 'closed'
ORDER BY destination, sequence

-- name: half_open
UPDATE breaker SET state = 'half_open', look_at = 0
WHERE state = 'open' AND destination = :destination AND sequence = :sequence RETURNING destination

-- name: look_soon
UPDATE breaker SET look_at = 0 WHERE state <> 'closed'

-- name: end_pause
UPDATE destination SET paused_until = 0, paused_for = NULL WHERE name = ? AND paused_until < ?
