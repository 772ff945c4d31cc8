-- name: due_batches
SELECT batch.id, batch.lane_id, batch.replay, lane.destination, lane.sequence, lane.location, lane.employee
FROM batch JOIN lane ON lane.id = batch.lane_id
LEFT JOIN destination ON destination.name = lane.destination
WHERE batch.state = 'open' AND batch.lease_until IS NULL AND batch.due_at <= :now
  AND lane.paused_until <= :now AND coalesce(destination.paused_until, 0) <= :now
  AND lane.destination IN (SELECT value FROM json_each(:with_room))
  AND (batch.replay = 0 OR lane.destination IN (SELECT value FROM json_each(:with_replays)))
  AND NOT EXISTS (SELECT 1 FROM json_each(:shut) AS scope
    WHERE scope.value ->> 0 = lane.destination AND scope.value ->> 1 IN ('', lane.sequence))
ORDER BY batch.replay, batch.due_at LIMIT :limit

-- name: next_batch
SELECT min(max(batch.due_at, lane.paused_until, coalesce(destination.paused_until, 0)))
FROM batch JOIN lane ON lane.id = batch.lane_id
LEFT JOIN destination ON destination.name = lane.destination
WHERE batch.state = 'open' AND batch.lease_until IS NULL
  AND lane.destination IN (SELECT value FROM json_each(:with_room))
  AND (batch.replay = 0 OR lane.destination IN (SELECT value FROM json_each(:with_replays)))
  AND NOT EXISTS (SELECT 1 FROM json_each(:shut) AS scope
    WHERE scope.value ->> 0 = lane.destination AND scope.value ->> 1 IN ('', lane.sequence))

-- name: queues
-- What is new before what is sent again; then a turn for each sequence, the one that waited longest for its
-- turn first, however many locations and employees another has.
SELECT lane_id, replay, destination, sequence, location, employee, paused_until, oldest FROM (
  SELECT lane.id AS lane_id, kind.replay, lane.destination, lane.sequence, lane.location, lane.employee,
    lane.last_batch, max(lane.paused_until, coalesce(destination.paused_until, 0)) AS paused_until,
    (SELECT min(due_at) FROM delivery
      WHERE lane_id = lane.id AND delivery.replay = kind.replay AND state = 'waiting') AS oldest
  FROM lane CROSS JOIN (SELECT 0 AS replay UNION ALL SELECT 1) AS kind
  LEFT JOIN destination ON destination.name = lane.destination) AS queue
WHERE oldest IS NOT NULL
ORDER BY replay, row_number() OVER (PARTITION BY destination, sequence, replay ORDER BY oldest, lane_id),
  max(last_batch) OVER (PARTITION BY destination, sequence), oldest, lane_id

-- name: due_count
SELECT count(*) FROM (
  SELECT 1 FROM delivery
  WHERE lane_id = :lane_id AND replay = :replay AND state = 'waiting' AND due_at <= :now LIMIT :limit) AS due

-- name: oldest
SELECT min(due_at) FROM delivery WHERE lane_id = ? AND replay = ? AND state = 'waiting'
