-- name: add_source
INSERT INTO source_hour (source, hour, requests, events, parked, unverified) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (hour, source) DO UPDATE SET
  requests = source_hour.requests + excluded.requests,
  events = source_hour.events + excluded.events,
  parked = source_hour.parked + excluded.parked,
  unverified = source_hour.unverified + excluded.unverified
RETURNING source_hour.requests, source_hour.events, source_hour.parked, source_hour.unverified

-- name: add_destination
INSERT INTO destination_hour (destination, hour, calls, failed, delivered, dead, took) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (hour, destination) DO UPDATE SET
  calls = destination_hour.calls + excluded.calls,
  failed = destination_hour.failed + excluded.failed,
  delivered = destination_hour.delivered + excluded.delivered,
  dead = destination_hour.dead + excluded.dead,
  took = destination_hour.took + excluded.took
RETURNING destination_hour.calls

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
