-- name: insert
INSERT INTO request (source, received_at, method, query, headers, body) VALUES (?, ?, ?, ?, ?, ?)

-- name: insert_one
INSERT INTO request (source, received_at, method, query, headers, body) VALUES (?, ?, ?, ?, ?, ?) RETURNING id

-- name: insert_states
INSERT INTO request_state (request_id, due_at, source)
SELECT id, received_at, source FROM request WHERE id BETWEEN ? AND ?

-- name: insert_states_of
INSERT INTO request_state (request_id, due_at, source)
SELECT id, received_at, source FROM request WHERE id IN (SELECT value FROM json_each(?))

-- name: first_due
-- From one source to the next in the index, however much waits in each.
WITH RECURSIVE waiting (source) AS (
  SELECT min(source) FROM request_state WHERE state = 'waiting'
  UNION ALL
  SELECT (SELECT min(source) FROM request_state WHERE state = 'waiting' AND source > waiting.source)
  FROM waiting WHERE source IS NOT NULL)
SELECT source, (
  SELECT due_at FROM request_state
  WHERE state = 'waiting' AND source = waiting.source AND lease_until IS NULL
  ORDER BY due_at LIMIT 1)
FROM waiting
WHERE source IS NOT NULL AND source NOT IN (SELECT value FROM json_each(?))

-- name: due
SELECT request_id FROM request_state
WHERE state = 'waiting' AND source = ? AND due_at <= ? AND lease_until IS NULL
ORDER BY due_at LIMIT ?

-- name: sizes
SELECT id, length(headers) + length(body) FROM request WHERE id IN (SELECT value FROM json_each(?))

-- name: claim
UPDATE request_state SET lease_until = ?, attempts = attempts + 1
WHERE request_id IN (SELECT value FROM json_each(?))
RETURNING request_id, attempts, pending

-- name: read
SELECT id, source, received_at, method, query, headers, body FROM request
WHERE id IN (SELECT value FROM json_each(?))

-- name: release
UPDATE request_state SET lease_until = NULL, due_at = ?, attempts = attempts - 1
WHERE state = 'waiting' AND request_id IN (SELECT value FROM json_each(?))

-- name: renew
UPDATE request_state SET lease_until = ?
WHERE state = 'waiting' AND lease_until IS NOT NULL AND request_id IN (SELECT value FROM json_each(?))

-- name: rescue
UPDATE request_state SET lease_until = NULL
WHERE state = 'waiting' AND lease_until <= ?
RETURNING request_id

-- name: expire
UPDATE request_state SET lease_until = 0 WHERE state = 'waiting' AND lease_until IS NOT NULL

-- name: finish
-- `claims` are the number of a request, the attempt that claimed it, and how many events it has more. Their numbers
-- find them: an index of what waits was empty when the planner last looked.
UPDATE request_state
SET state = 'translated', lease_until = NULL, pending = NULL,
  events = request_state.events + CAST(claim.value ->> 2 AS BIGINT)
FROM json_each(:claims) AS claim
WHERE request_id = CAST(claim.value ->> 0 AS BIGINT) AND attempts = CAST(claim.value ->> 1 AS BIGINT)
  AND state || '' = 'waiting'
RETURNING request_id

-- name: defer
UPDATE request_state
SET lease_until = NULL, due_at = :due_at, pending = :pending, events = events + :events
WHERE request_id = :request_id AND state = 'waiting' AND attempts = :attempt
RETURNING request_id

-- name: read_again
UPDATE request_state
SET state = 'waiting', due_at = :now, pending = :pending, events = events - 1,
  attempts = CASE state WHEN 'waiting' THEN attempts ELSE 0 END
WHERE request_id = :request_id AND lease_until IS NULL
RETURNING request_id

-- name: pending
SELECT state, pending FROM request_state WHERE request_id = ?

-- name: quarantine
INSERT INTO quarantine (source, received_at, method, query, token, headers, body, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: quarantine_bound
DELETE FROM quarantine WHERE id IN (
  SELECT id FROM quarantine ORDER BY received_at DESC, id DESC LIMIT 100 OFFSET ?)

-- name: quarantined
SELECT id, source, received_at, method, query, token, headers, body, reason
FROM quarantine ORDER BY id DESC LIMIT ?

-- name: release_quarantined
DELETE FROM quarantine WHERE id = ? RETURNING id
