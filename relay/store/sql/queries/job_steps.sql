-- name: next
SELECT batch_id, position, kind, letter_id, outcome, reason, tries, ended_at
FROM job_item INDEXED BY job_item_outcome
WHERE job_id = :job AND outcome = 'pending' AND due_at <= :now
ORDER BY batch_id, position LIMIT :limit

-- name: running
SELECT plan, who FROM job WHERE id = ? AND state = 'running'

-- name: as_frozen
-- Items that are still to be done, with their letter where it is as it was when the set was frozen.
SELECT item.batch_id, item.position, letter.cause, letter.reason
FROM json_each(:places) AS place
CROSS JOIN job_item AS item
LEFT JOIN delivery ON item.kind = 'dead' AND delivery.enrollment_id = item.letter_id
LEFT JOIN dead_letter AS letter ON letter.kind = item.kind AND letter.id = item.letter_id
  AND letter.at = item.at AND letter.request_id = item.request_id
  AND coalesce(delivery.revision, 0) = item.revision
WHERE item.job_id = :job AND item.batch_id = CAST(place.value ->> 0 AS BIGINT)
  AND item.position = CAST(place.value ->> 1 AS BIGINT)
  AND item.outcome = 'pending'

-- name: after_retry
SELECT enrollment_id, state, reason, due_at FROM delivery
WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: move
UPDATE job_item SET outcome = ?, reason = ?, ended_at = ?
WHERE job_id = ? AND batch_id = ? AND position = ?

-- name: put_off
UPDATE job_item SET tries = tries + 1, due_at = ?
WHERE job_id = ? AND batch_id = ? AND position = ?

-- name: ended_enrollments
SELECT item.batch_id, item.position, coalesce(delivery.state, 'gone'), delivery.reason
FROM job_item AS item INDEXED BY job_item_outcome LEFT JOIN delivery ON delivery.enrollment_id = item.letter_id
WHERE item.job_id = ? AND item.outcome = 'released' AND item.kind = 'dead'
  AND coalesce(delivery.state, 'gone') NOT IN ('waiting', 'sending')

-- name: ended_events
-- A request that was read whole, or could not be read at all, has no event at the place any more: then the
-- fate of the whole tells.
SELECT item.batch_id, item.position, coalesce(event.fate, request.fate, 'read'), coalesce(event.reason, request.reason)
FROM job_item AS item INDEXED BY job_item_outcome
JOIN request_state ON request_state.request_id = item.request_id
LEFT JOIN event ON event.request_id = item.request_id AND event.position = item.place
LEFT JOIN event AS request ON request.request_id = item.request_id AND request.position = -1
WHERE item.job_id = ? AND item.outcome = 'released' AND item.kind = 'parked'
  AND (request_state.state = 'translated' OR item.place >= 0 AND event.id IS NOT NULL)

-- name: end
UPDATE job SET ended_at = :now, state = CASE state WHEN 'running' THEN 'done' ELSE state END
WHERE id = :id AND ended_at IS NULL AND state IN ('running', 'cancelled') AND NOT EXISTS (
  SELECT 1 FROM job_count WHERE job_id = :id AND items > 0 AND outcome IN ('pending', 'released'))
RETURNING id
