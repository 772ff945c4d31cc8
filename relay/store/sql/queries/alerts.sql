-- name: last_look
SELECT at, up_since FROM alert_look

-- name: claim_look
INSERT INTO alert_look (id, number, at, up_since, lease_until) VALUES (1, 1, :now, :now, :lease_until)
ON CONFLICT (id) DO UPDATE SET number = alert_look.number + 1, lease_until = :lease_until
WHERE alert_look.lease_until <= :now
RETURNING number

-- name: end_look
UPDATE alert_look SET at = :at, up_since = :up_since WHERE number = :number RETURNING number

-- name: live
SELECT key, kind, severity, text, command, page, since, seen_at, opened_at, told_at, closed_at, returns, before, id
FROM alert WHERE closed_at IS NULL ORDER BY id

-- name: last_over
SELECT key, kind, severity, text, command, page, since, seen_at, opened_at, told_at, closed_at, returns, before, id
FROM alert WHERE id IN (
  SELECT max(id) FROM alert WHERE key IN (SELECT value FROM json_each(?)) AND closed_at IS NOT NULL GROUP BY key)

-- name: past
SELECT key, kind, severity, text, command, page, since, seen_at, opened_at, told_at, closed_at, returns, before, id
FROM alert WHERE closed_at IS NOT NULL AND id < ? ORDER BY id DESC LIMIT ?

-- name: add
INSERT INTO alert
  (key, kind, severity, text, command, page, since, seen_at, opened_at, told_at, closed_at, returns, before)
VALUES (:key, :kind, :severity, :text, :command, :page, :since, :seen_at, :opened_at, :told_at, :closed_at,
  :returns, :before)
RETURNING id

-- name: change
UPDATE alert SET severity = :severity, text = :text, command = :command, page = :page, seen_at = :seen_at,
  opened_at = :opened_at, told_at = :told_at, closed_at = :closed_at
WHERE id = :id

-- name: remove
DELETE FROM alert WHERE id = ?

-- name: forget_messages
DELETE FROM alert_message WHERE alert_id IN (SELECT id FROM alert WHERE closed_at < ? ORDER BY closed_at LIMIT 100)

-- name: forget
DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE closed_at < ? ORDER BY closed_at LIMIT 100)

-- name: add_message
-- A reminder of what is still to be told would say the same twice.
INSERT INTO alert_message (alert_id, channel, what, body, created_at, due_at)
SELECT CAST(:alert_id AS BIGINT), :channel, :what, :body, CAST(:now AS BIGINT), CAST(:now AS BIGINT)
WHERE (SELECT count(*) FROM alert_message WHERE channel = :channel AND ended_at IS NULL) < :most
  AND NOT (:what = 'reminder' AND EXISTS (
    SELECT 1 FROM alert_message WHERE alert_id = :alert_id AND channel = :channel AND ended_at IS NULL))

-- name: expire_messages
UPDATE alert_message SET ended_at = :now, fault = coalesce(fault, 'its channel was not configured for days')
WHERE ended_at IS NULL AND created_at < :old AND coalesce(lease_until, 0) <= :now

-- name: next_message
SELECT min(max(due_at, coalesce(lease_until, 0))) FROM alert_message WHERE id IN (
  SELECT min(id) FROM alert_message
  WHERE ended_at IS NULL AND channel IN (SELECT value FROM json_each(?)) GROUP BY channel)

-- name: claim_messages
UPDATE alert_message SET lease_until = :lease_until, attempts = attempts + 1
WHERE due_at <= :now AND coalesce(lease_until, 0) <= :now AND id IN (
  SELECT min(id) FROM alert_message
  WHERE ended_at IS NULL AND channel IN (SELECT value FROM json_each(:channels)) GROUP BY channel)
RETURNING id, channel, what, body, attempts

-- name: end_message
UPDATE alert_message SET ended_at = :now, fault = :fault, lease_until = NULL
WHERE id = :id AND attempts = :attempt AND ended_at IS NULL

-- name: put_off_message
UPDATE alert_message SET due_at = :due_at, fault = :fault, lease_until = NULL
WHERE id = :id AND attempts = :attempt AND ended_at IS NULL

-- name: untold
SELECT channel, count(*), min(created_at), (
  SELECT fault FROM alert_message AS first WHERE first.channel = alert_message.channel AND first.ended_at IS NULL
  ORDER BY id LIMIT 1)
FROM alert_message WHERE ended_at IS NULL GROUP BY channel ORDER BY channel

-- name: overdue_enrollments
-- What an operator sends again may wait for its share of the calls.
SELECT destination, sequence, min(due_at) FROM (
  SELECT lane.destination, lane.sequence,
    (SELECT min(due_at) FROM delivery WHERE lane_id = lane.id AND replay = 0 AND state = 'waiting') AS due_at
  FROM lane
  UNION ALL
  SELECT lane.destination, lane.sequence, batch.created_at
  FROM batch JOIN lane ON lane.id = batch.lane_id WHERE batch.state = 'open' AND batch.replay = 0) AS due
WHERE due_at <= ? GROUP BY destination, sequence

-- name: overdue_requests
-- What was never tried is due in the order in which it came; the first of that, of what is being read, and of
-- what is tried again are found without a look at all that waits.
WITH RECURSIVE waiting (source) AS (
  SELECT min(source) FROM request_state WHERE state = 'waiting'
  UNION ALL
  SELECT (SELECT min(source) FROM request_state WHERE state = 'waiting' AND source > waiting.source)
  FROM waiting WHERE source IS NOT NULL)
SELECT waiting.source, (
  SELECT received_at FROM request WHERE id = (
    SELECT min(request_id) FROM (
      SELECT request_id FROM (
        SELECT request_id FROM request_state
        WHERE state = 'waiting' AND source = waiting.source ORDER BY due_at LIMIT 1) AS due
      UNION ALL
      SELECT min(request_id) FROM request_state INDEXED BY request_leased
      WHERE state = 'waiting' AND lease_until IS NOT NULL AND source = waiting.source
      UNION ALL
      SELECT min(request_id) FROM request_state
      WHERE state = 'waiting' AND lease_until IS NULL AND attempts > 0 AND source = waiting.source) AS first))
FROM waiting WHERE source IS NOT NULL
