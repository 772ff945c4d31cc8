-- name: due
SELECT request_id FROM request_state
WHERE state = 'waiting' AND source = ? AND due_at <= ? AND lease_until IS NULL
ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED

-- name: pending
SELECT state, pending FROM request_state WHERE request_id = ? FOR UPDATE
