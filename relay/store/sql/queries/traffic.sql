-- name: find_type
SELECT id FROM event_type WHERE source = ? AND name = ?

-- name: count_types
SELECT count(*) FROM event_type WHERE source = ?

-- name: add_type
INSERT INTO event_type (source, name, first_at) VALUES (?, ?, ?)
ON CONFLICT (source, name) DO UPDATE SET name = excluded.name RETURNING id

-- name: add
INSERT INTO event_day (type_id, day, last_at, events, ignored, parked, email, first_name, last_name, phone, location, employee)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (type_id, day) DO UPDATE SET
  last_at = max(event_day.last_at, excluded.last_at),
  events = event_day.events + excluded.events,
  ignored = event_day.ignored + excluded.ignored,
  parked = event_day.parked + excluded.parked,
  email = event_day.email + excluded.email,
  first_name = event_day.first_name + excluded.first_name,
  last_name = event_day.last_name + excluded.last_name,
  phone = event_day.phone + excluded.phone,
  location = event_day.location + excluded.location,
  employee = event_day.employee + excluded.employee
RETURNING event_day.events

-- name: uncount
UPDATE event_day SET events = events - 1, parked = parked - 1
WHERE type_id = ? AND day = ? AND parked > 0

-- name: forget_days
DELETE FROM event_day WHERE type_id = ? AND day < ?

-- name: forget_types
DELETE FROM event_type
WHERE source = ? AND NOT EXISTS (SELECT 1 FROM event_day WHERE type_id = event_type.id AND day >= ?)

-- name: forget_strays
DELETE FROM event_day WHERE type_id NOT IN (SELECT id FROM event_type)

-- name: traffic
SELECT event_type.id, source, name, first_at, last_at, day,
  events, ignored, parked, email, first_name, last_name, phone, location, employee
FROM event_type JOIN event_day ON event_day.type_id = event_type.id
ORDER BY source, name, day
