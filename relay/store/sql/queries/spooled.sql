-- name: upto
SELECT upto FROM spooled WHERE file = ?

-- name: reach
INSERT INTO spooled (file, upto, added_at) VALUES (:file, :upto, :now)
ON CONFLICT (file) DO UPDATE SET upto = excluded.upto, added_at = excluded.added_at

-- name: forget
DELETE FROM spooled WHERE added_at < ?
