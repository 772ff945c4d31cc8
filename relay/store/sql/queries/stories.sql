-- name: origin
SELECT request.source, request.received_at, request.method, request.query, request.headers, request.body,
  event.detail
FROM event JOIN request ON request.id = event.request_id WHERE event.id = ?

-- name: contact
SELECT contact FROM enrollment WHERE id = ?

-- name: attempts
-- The newest thousand, the oldest of them first.
SELECT * FROM (
  SELECT batch_id, number, started_at, took, status, certainty, error, answer FROM attempt
  WHERE batch_id IN (
    SELECT batch_id FROM delivery WHERE enrollment_id = :id
    UNION SELECT batch_id FROM former_batch WHERE enrollment_id = :id)
  ORDER BY id DESC LIMIT 1000) AS newest
ORDER BY started_at, batch_id, number

-- name: batches
SELECT * FROM (
  SELECT batch.id, lane.destination, lane.sequence, batch.key, batch.size, batch.state, batch.created_at, batch.body
  FROM batch JOIN lane ON lane.id = batch.lane_id
  WHERE batch.id IN (
    SELECT batch_id FROM delivery WHERE enrollment_id = :id
    UNION SELECT batch_id FROM former_batch WHERE enrollment_id = :id)
  ORDER BY batch.id DESC LIMIT 50) AS newest
ORDER BY 1
