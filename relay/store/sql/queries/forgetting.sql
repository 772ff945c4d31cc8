-- name: of_keys
SELECT id FROM enrollment
WHERE contact_key IN (SELECT unhex(value) FROM json_each(:keys)) AND id > :seen ORDER BY id LIMIT :most

-- name: people
SELECT enrollment.id, delivery.state, delivery.batch_id, event.request_id
FROM enrollment
  JOIN delivery ON delivery.enrollment_id = enrollment.id
  JOIN event ON event.id = enrollment.event_id
WHERE enrollment.id IN (SELECT value FROM json_each(:ids)) AND enrollment.email <> :forgotten

-- name: former_batches
SELECT batch_id FROM former_batch WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: closed_batches
SELECT id FROM batch
WHERE id IN (SELECT value FROM json_each(?)) AND state <> 'open' AND length(body) > 0

-- name: corrections
SELECT id FROM correction WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: withhold
UPDATE delivery SET state = 'suppressed', settled_at = :now, cause = NULL, reason = :reason
WHERE enrollment_id IN (SELECT value FROM json_each(:ids)) AND state = 'waiting'

-- name: erase_enrollments
UPDATE enrollment SET email = :forgotten, contact = :contact WHERE id IN (SELECT value FROM json_each(:ids))

-- name: erase_deliveries
UPDATE delivery SET contact_id = NULL,
  reason = CASE WHEN instr(lower(coalesce(reason, '')), :address) > 0 THEN :forgotten ELSE reason END
WHERE enrollment_id IN (SELECT value FROM json_each(:ids))

-- name: erase_errors
UPDATE attempt SET error = :forgotten
WHERE batch_id IN (SELECT value FROM json_each(:ids)) AND instr(lower(error), :address) > 0

-- name: erase_events
UPDATE event SET
  business_key = CASE WHEN instr(lower(business_key), :address) > 0 THEN :forgotten ELSE business_key END,
  reason = CASE WHEN instr(lower(reason), :address) > 0 THEN :forgotten ELSE reason END
WHERE request_id IN (SELECT value FROM json_each(:ids))
  AND (instr(lower(business_key), :address) > 0 OR instr(lower(reason), :address) > 0)

-- name: requests
SELECT id, length(headers) + length(body) FROM request WHERE id > :seen ORDER BY id LIMIT :most

-- name: named_requests
SELECT id, query, headers, body FROM request WHERE id IN (SELECT value FROM json_each(?))

-- name: events
SELECT request_id, coalesce(business_key, ''), coalesce(reason, ''), detail FROM event
WHERE request_id IN (SELECT value FROM json_each(?))

-- name: read_requests
SELECT request_id FROM request_state
WHERE request_id IN (SELECT value FROM json_each(?)) AND state = 'translated'

-- name: parked
SELECT id FROM event WHERE request_id IN (SELECT value FROM json_each(?)) AND fate = 'parked'

-- name: quarantined
SELECT id, query, headers, body FROM quarantine WHERE id > :seen ORDER BY id LIMIT :most

-- name: remove_quarantined
DELETE FROM quarantine WHERE id IN (SELECT value FROM json_each(?))

-- name: jobs
SELECT id, plan, ended_at FROM job WHERE id > :seen ORDER BY id LIMIT :most

-- name: erase_plan
UPDATE job SET plan = ? WHERE id = ?
