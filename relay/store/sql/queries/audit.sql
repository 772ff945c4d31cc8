-- name: last
SELECT number, seal FROM audit ORDER BY number DESC LIMIT 1

-- name: add
INSERT INTO audit (number, at, who, action, detail, seal) VALUES (?, ?, ?, ?, ?, ?)

-- name: page
SELECT number, at, who, action, detail, seal FROM audit WHERE number > :after
ORDER BY number LIMIT :limit

-- name: newest
SELECT number, at, who, action, detail, seal FROM audit WHERE number < :before
ORDER BY number DESC LIMIT :limit
