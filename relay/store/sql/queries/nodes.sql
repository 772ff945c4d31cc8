-- name: tell
INSERT INTO node (id, host, pid, name, role, version, started_at, seen_at, requests, contacts, spooled,
  spooled_since)
VALUES (:id, :host, :pid, :name, :role, :version, :started_at, :seen_at, :requests, :contacts, :spooled,
  :spooled_since)
ON CONFLICT (id) DO UPDATE SET seen_at = :seen_at, requests = :requests, contacts = :contacts,
  spooled = :spooled, spooled_since = :spooled_since

-- name: forget
-- Who was last seen before this one began has been replaced by it, if it is gone.
DELETE FROM node WHERE seen_at < :old
  OR (host = :host AND name = :name AND seen_at < :gone AND seen_at <= :started_at)

-- name: leave
DELETE FROM node WHERE id = ?

-- name: nodes
SELECT id, host, pid, name, role, version, started_at, seen_at, requests, contacts, spooled, spooled_since
FROM node ORDER BY host, name, started_at, id LIMIT ?
