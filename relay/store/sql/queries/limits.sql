-- name: known
SELECT per_minute, per_hour, allowed, remaining, resets_at, rests_until FROM rate_limit WHERE organization = ?

-- name: window
SELECT coalesce(sum(calls), 0), coalesce(sum(replays), 0), min(second), min(second) FILTER (WHERE replays > 0)
FROM call_count WHERE organization = ? AND second > ?

-- name: spend
INSERT INTO call_count (organization, second, calls, replays) VALUES (?, ?, ?, ?)
ON CONFLICT (organization, second) DO UPDATE SET
  calls = call_count.calls + excluded.calls, replays = call_count.replays + excluded.replays

-- name: use_up
UPDATE rate_limit SET remaining = max(0, remaining - ?) WHERE organization = ? AND remaining > 0

-- name: forget
DELETE FROM call_count WHERE organization = ? AND second <= ?

-- name: learn
INSERT INTO rate_limit (organization, per_minute, per_hour, allowed, remaining, resets_at, rests_until)
VALUES (:organization, :per_minute, :per_hour, :allowed, :remaining, :resets_at, :rests_until)
ON CONFLICT (organization) DO UPDATE SET per_minute = :per_minute, per_hour = :per_hour, allowed = :allowed,
  remaining = :remaining, resets_at = :resets_at, rests_until = :rests_until

-- name: rest
INSERT INTO rate_limit (organization, rests_until, rests_for) VALUES (?, ?, ?)
ON CONFLICT (organization) DO UPDATE SET
  rests_for = CASE WHEN excluded.rests_until > rate_limit.rests_until
    THEN excluded.rests_for ELSE rate_limit.rests_for END,
  rests_until = max(rate_limit.rests_until, excluded.rests_until)

-- name: all
SELECT organization, coalesce(max(rests_for), ''), coalesce(sum(calls) FILTER (WHERE second > :minute), 0),
  coalesce(sum(calls) FILTER (WHERE second > :hour), 0)
FROM (SELECT organization, NULL AS rests_for, second, calls FROM call_count
  UNION ALL SELECT organization, rests_for, 0, 0 FROM rate_limit) AS known
GROUP BY organization ORDER BY organization
