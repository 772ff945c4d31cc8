-- name: add_source
INSERT INTO source_hour (source, hour, requests, events, parked, unverified) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (hour, source) DO UPDATE SET
  requests = requests + excluded.requests,
  events = events + excluded.events,
  parked = parked + excluded.parked,
  unverified = unverified + excluded.unverified
RETURNING requests, events, parked, unverified

-- name: add_destination
INSERT INTO destination_hour (destination, hour, calls, failed, delivered, dead, took) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (hour, destination) DO UPDATE SET
  calls = calls + excluded.calls,
  failed = failed + excluded.failed,
  delivered = delivered + excluded.delivered,
  dead = dead + excluded.dead,
  took = took + excluded.took
RETURNING calls

-- name: take_back
UPDATE source_hour SET events = events - 1, parked = parked - 1
WHERE hour = ? AND source = ? AND parked > 0

-- name: forget_sources
DELETE FROM source_hour WHERE (hour, source) IN (SELECT hour, source FROM source_hour WHERE hour < ? LIMIT 100)

-- name: forget_destinations
DELETE FROM destination_hour
WHERE (hour, destination) IN (SELECT hour, destination FROM destination_hour WHERE hour < ? LIMIT 100)

-- name: sources
SELECT source, hour, requests, events, parked, unverified FROM source_hour WHERE hour >= ? ORDER BY hour, source

-- name: destinations
SELECT destination, hour, calls, failed, delivered, dead, took FROM destination_hour WHERE hour >= ?
ORDER BY hour, destination
