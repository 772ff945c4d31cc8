-- name: window
SELECT coalesce(sum(calls), 0), min(second) FROM call_count WHERE destination = ? AND second > ?

-- name: spend
INSERT INTO call_count (destination, second, calls) VALUES (?, ?, 1)
ON CONFLICT (destination, second) DO UPDATE SET calls = calls + 1

-- name: forget
DELETE FROM call_count WHERE destination = ? AND second <= ?
