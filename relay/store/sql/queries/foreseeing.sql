-- name: seen
SELECT seen FROM retiring WHERE stage = :stage

-- name: lingering
SELECT count(*) FROM lingering WHERE stage = :stage

-- name: bodies
SELECT count(*) FROM request WHERE id IN (SELECT value FROM json_each(:ids)) AND length(headers) > 0

-- name: call_bodies
SELECT count(*) FROM batch WHERE id IN (SELECT value FROM json_each(:ids)) AND length(body) > 0

-- name: requests
SELECT count(*) FROM request WHERE id IN (SELECT value FROM json_each(:ids))

-- name: events
SELECT count(*) FROM event WHERE request_id IN (SELECT value FROM json_each(:ids))

-- name: enrollments
SELECT count(*) FROM event JOIN enrollment ON enrollment.event_id = event.id
WHERE event.request_id IN (SELECT value FROM json_each(:ids))

-- name: calls
SELECT count(*) FROM attempt WHERE batch_id IN (SELECT value FROM json_each(:ids))

-- name: quarantined
SELECT count(*) FROM quarantine WHERE received_at < :before

-- name: oldest_quarantined
SELECT min(received_at) FROM quarantine

-- name: jobs
SELECT count(*) FROM job WHERE ended_at < :before AND id < (SELECT max(id) FROM job)

-- name: oldest_jobs
SELECT min(ended_at) FROM job WHERE id < (SELECT max(id) FROM job)

-- name: from_requests
SELECT id, received_at FROM request WHERE id >= :id ORDER BY id LIMIT 1

-- name: from_batches
SELECT id, created_at FROM batch WHERE id >= :id ORDER BY id LIMIT 1

-- name: last_requests
SELECT max(id) FROM request

-- name: last_batches
SELECT max(id) FROM batch
