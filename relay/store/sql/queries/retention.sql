-- name: due
SELECT stage, seen, again FROM retiring
WHERE stage IN (SELECT value FROM json_each(:stages)) AND due_at <= :now ORDER BY due_at, stage LIMIT 1

-- name: next_due
SELECT min(due_at) FROM retiring WHERE stage IN (SELECT value FROM json_each(:stages))

-- name: note
UPDATE retiring SET seen = :seen, again = :again, due_at = :due_at WHERE stage = :stage

-- name: start
UPDATE retiring SET due_at = :now WHERE due_at > :now

-- name: requests
SELECT request.id, request.received_at, request_state.events
FROM request JOIN request_state ON request_state.request_id = request.id
WHERE request.id > :seen ORDER BY request.id LIMIT :most

-- name: batches
SELECT id, created_at, size FROM batch WHERE id > :seen ORDER BY id LIMIT :most

-- name: lingering_requests
SELECT lingering.id, 0, coalesce(request_state.events, 0)
FROM lingering LEFT JOIN request_state ON request_state.request_id = lingering.id
WHERE lingering.stage = :stage AND lingering.id > :again ORDER BY lingering.id LIMIT :most

-- name: lingering_batches
SELECT lingering.id, 0, coalesce(batch.size, 0)
FROM lingering LEFT JOIN batch ON batch.id = lingering.id
WHERE lingering.stage = :stage AND lingering.id > :again ORDER BY lingering.id LIMIT :most

-- name: linger
INSERT INTO lingering (stage, id) VALUES (?, ?) ON CONFLICT DO NOTHING

-- name: linger_no_more
DELETE FROM lingering
WHERE stage IN (SELECT value FROM json_each(:stages)) AND id IN (SELECT value FROM json_each(:ids))

-- name: requests_over
SELECT request_id FROM request_state
WHERE request_id IN (SELECT value FROM json_each(:ids)) AND state = 'translated' AND NOT EXISTS (
  SELECT 1 FROM event WHERE event.request_id = request_state.request_id AND (
    event.fate = 'parked' OR event.created_at >= :before OR EXISTS (
      SELECT 1 FROM enrollment JOIN delivery ON delivery.enrollment_id = enrollment.id
      WHERE enrollment.event_id = event.id
        AND (delivery.state IN ('waiting', 'sending', 'dead') OR delivery.settled_at >= :before))))

-- name: batches_over
SELECT id FROM batch
WHERE id IN (SELECT value FROM json_each(:ids)) AND state <> 'open' AND created_at < :before AND NOT EXISTS (
  SELECT 1 FROM delivery WHERE delivery.batch_id = batch.id AND delivery.state = 'dead')

-- name: take_requests
-- Rows are put back without what they said: SQLite joins pages where rows go, and not where they shrink.
DELETE FROM request WHERE id IN (SELECT value FROM json_each(:ids)) AND length(headers) > 0
RETURNING id, source, received_at, method

-- name: put_request
INSERT INTO request (id, source, received_at, method, query, headers, body) VALUES (?, ?, ?, ?, '', ?, ?)

-- name: cut_events
UPDATE event SET detail = NULL
WHERE request_id IN (SELECT value FROM json_each(:ids)) AND detail IS NOT NULL

-- name: take_batches
DELETE FROM batch WHERE id IN (SELECT value FROM json_each(:ids)) AND length(body) > 0
RETURNING id, lane_id, key, size, state, attempts, due_at, lease_until, created_at, replay

-- name: put_batch
INSERT INTO batch (id, lane_id, key, size, state, attempts, due_at, lease_until, created_at, replay, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: cut_attempts
UPDATE attempt SET answer = NULL
WHERE batch_id IN (SELECT value FROM json_each(:ids)) AND answer IS NOT NULL

-- name: newest_requests
SELECT max(id) FROM request
UNION ALL
SELECT event.request_id FROM enrollment JOIN event ON event.id = enrollment.event_id
WHERE enrollment.id = (SELECT max(id) FROM enrollment)

-- name: newest_batches
SELECT max(id) FROM batch
UNION ALL
SELECT batch_id FROM attempt WHERE id = (SELECT max(id) FROM attempt)

-- name: events_of
SELECT id FROM event WHERE request_id IN (SELECT value FROM json_each(?))

-- name: enrollments_of
SELECT id FROM enrollment WHERE event_id IN (SELECT value FROM json_each(?))

-- name: remove_former_batches
DELETE FROM former_batch WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: remove_corrections
DELETE FROM correction WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: remove_deliveries
DELETE FROM delivery WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: remove_enrollments
DELETE FROM enrollment WHERE id IN (SELECT value FROM json_each(?))

-- name: remove_events
DELETE FROM event WHERE id IN (SELECT value FROM json_each(?))

-- name: remove_states
DELETE FROM request_state WHERE request_id IN (SELECT value FROM json_each(?))

-- name: remove_requests
DELETE FROM request WHERE id IN (SELECT value FROM json_each(?))

-- name: remove_attempts
DELETE FROM attempt WHERE batch_id IN (SELECT value FROM json_each(?)) RETURNING id

-- name: remove_batches
DELETE FROM batch WHERE id IN (SELECT value FROM json_each(?))

-- name: count
UPDATE retired SET count = count + ? WHERE what = ?

-- name: remove_quarantined
DELETE FROM quarantine WHERE id IN (
  SELECT id FROM quarantine WHERE received_at < :before ORDER BY received_at LIMIT :most) RETURNING id

-- name: old_job
SELECT id FROM job WHERE ended_at < :before AND id < (SELECT max(id) FROM job) ORDER BY id LIMIT 1

-- name: remove_items
DELETE FROM job_item WHERE (job_id, batch_id, position) IN (
  SELECT job_id, batch_id, position FROM job_item WHERE job_id = :id LIMIT :most) RETURNING job_id

-- name: remove_job_counts
DELETE FROM job_count WHERE job_id = ?

-- name: remove_job_groups
DELETE FROM job_group WHERE job_id = ?

-- name: remove_job
DELETE FROM job WHERE id = ?
