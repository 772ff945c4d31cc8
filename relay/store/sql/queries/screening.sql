-- name: candidates
SELECT enrollment.id, enrollment.email, enrollment.contact, enrollment.route, delivery.start_at
FROM enrollment JOIN delivery ON delivery.enrollment_id = enrollment.id
WHERE enrollment.id IN (SELECT value FROM json_each(?))

-- name: suppress
UPDATE delivery SET state = 'suppressed', settled_at = ?, reason = ? WHERE enrollment_id = ?

-- name: free_key
UPDATE enrollment SET dedupe_key = NULL WHERE id = ?

-- name: hold
UPDATE delivery SET due_at = ?, reason = ? WHERE enrollment_id = ?

-- name: next_held
SELECT min(due_at) FROM delivery WHERE lane_id = ? AND state = 'waiting' AND due_at > ?

-- name: routes_of
SELECT DISTINCT enrollment.route FROM delivery JOIN enrollment ON enrollment.id = delivery.enrollment_id
WHERE delivery.batch_id = ? AND delivery.state = 'sending'

-- name: postpone
UPDATE batch SET due_at = ? WHERE id = ?
