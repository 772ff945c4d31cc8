-- name: people
SELECT id, email, contact FROM enrollment WHERE id IN (SELECT value FROM json_each(?))

-- name: suppress
UPDATE delivery SET state = 'suppressed', settled_at = ?, reason = ? WHERE enrollment_id = ?

-- name: free_key
UPDATE enrollment SET dedupe_key = NULL WHERE id = ?
