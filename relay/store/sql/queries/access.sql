-- name: forget_tokens
DELETE FROM token WHERE revoked_at <= :before OR expires_at <= :before

-- name: end_expired_namesake
UPDATE token SET revoked_at = expires_at WHERE name = :name AND revoked_at IS NULL AND expires_at <= :now

-- name: create_token
INSERT INTO token (id, name, role, created_at, created_by, expires_at, last_used_at, revoked_at, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING RETURNING id

-- name: find_token
SELECT id, name, role, created_at, created_by, expires_at, last_used_at, revoked_at, digest
FROM token WHERE id = ?

-- name: tokens
SELECT id, name, role, created_at, created_by, expires_at, last_used_at, revoked_at
FROM token
WHERE (created_at, id) < (:created_at, :id)
  AND (CAST(:alive_at AS BIGINT) IS NULL OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :alive_at)))
ORDER BY created_at DESC, id DESC LIMIT :limit

-- name: revoke_token
UPDATE token SET revoked_at = :now
WHERE id = :id AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) RETURNING id

-- name: touch_token
UPDATE token SET last_used_at = :now WHERE id = :id AND (last_used_at IS NULL OR last_used_at <= :before)

-- name: forget_links
DELETE FROM login_link WHERE expires_at <= ?

-- name: create_link
INSERT INTO login_link (id, name, role, created_at, created_by, expires_at, used_at, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: find_link
SELECT id, name, role, created_at, created_by, expires_at, used_at, digest FROM login_link WHERE id = ?

-- name: use_link
UPDATE login_link SET used_at = :now WHERE id = :id AND used_at IS NULL AND expires_at > :now RETURNING id

-- name: forget_sessions
DELETE FROM session WHERE expires_at <= :now OR seen_at <= :rested_since

-- name: create_session
INSERT INTO session (id, name, role, opened_at, seen_at, expires_at, address, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: find_session
SELECT id, name, role, opened_at, seen_at, expires_at, address, digest FROM session WHERE id = ?

-- name: sessions
SELECT id, name, role, opened_at, seen_at, expires_at, address FROM session
WHERE (opened_at, id) < (:opened_at, :id) AND expires_at > :now AND seen_at > :rested_since
ORDER BY opened_at DESC, id DESC LIMIT :limit

-- name: revoke_session
DELETE FROM session WHERE id = ? RETURNING id

-- name: touch_session
UPDATE session SET seen_at = :now WHERE id = :id AND seen_at <= :before

-- name: forget_failures
DELETE FROM access_failure WHERE last_at <= ?

-- name: failures
SELECT address, count, last_at, wait_until FROM access_failure WHERE kind = ? AND address IN (?, ?)

-- name: put_failures
INSERT INTO access_failure (kind, address, count, last_at, wait_until) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, address) DO UPDATE SET
  count = excluded.count, last_at = excluded.last_at, wait_until = excluded.wait_until
