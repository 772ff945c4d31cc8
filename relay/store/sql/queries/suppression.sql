-- name: put
INSERT INTO suppression (value, kind, reason, who, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (value) DO UPDATE SET
  reason = excluded.reason, who = excluded.who, created_at = excluded.created_at, expires_at = excluded.expires_at

-- name: count
SELECT count(*) FROM suppression WHERE value IN (SELECT value FROM json_each(?))

-- name: forget_expired
DELETE FROM suppression WHERE expires_at <= ?

-- name: remove
DELETE FROM suppression WHERE value = ? RETURNING value

-- name: page
SELECT kind, value, reason, who, created_at, expires_at FROM suppression
WHERE value > :after AND (CAST(:kind AS TEXT) IS NULL OR kind = :kind) AND (expires_at IS NULL OR expires_at > :now)
ORDER BY value LIMIT :limit

-- name: any
SELECT EXISTS (SELECT 1 FROM suppression)

-- name: listed
SELECT value, kind, reason FROM suppression
WHERE value IN (SELECT value FROM json_each(:values)) AND (expires_at IS NULL OR expires_at > :now)

-- name: of_values
SELECT kind, value, reason, who, created_at, expires_at FROM suppression
WHERE value IN (SELECT value FROM json_each(:values)) AND (expires_at IS NULL OR expires_at > :now)
ORDER BY value
