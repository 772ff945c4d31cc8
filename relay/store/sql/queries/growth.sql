-- name: request
SELECT received_at FROM request WHERE id = (SELECT min(id) FROM request)

-- name: event
SELECT created_at FROM event WHERE id = (SELECT min(id) FROM event)

-- name: enrollment
SELECT created_at FROM enrollment WHERE id = (SELECT min(id) FROM enrollment)

-- name: batch
SELECT created_at FROM batch WHERE id = (SELECT min(id) FROM batch)

-- name: dead_letter
SELECT min(at) FROM dead_letter

-- name: quarantine
SELECT min(received_at) FROM quarantine

-- name: job
SELECT created_at FROM job WHERE id = (SELECT min(id) FROM job)

-- name: audit
SELECT at FROM audit WHERE number = (SELECT min(number) FROM audit)

-- name: alert
SELECT since FROM alert WHERE id = (SELECT min(id) FROM alert)
