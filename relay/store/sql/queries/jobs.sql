-- name: of_key
SELECT id, mark FROM job WHERE who = ? AND key = ?

-- name: add
INSERT INTO job (who, key, mark, plan, state, entry, created_at) VALUES (:who, :key, :mark, :plan, :state, 0, :now)
RETURNING id

-- name: entered
UPDATE job SET entry = ? WHERE id = ?

-- name: open_count
SELECT count(*) FROM job WHERE ended_at IS NULL

-- name: job
SELECT id, plan, state, who, entry, created_at, started_at, ended_at,
  (SELECT coalesce(json_group_object(outcome, items), '{}') FROM job_count WHERE job_id = job.id)
FROM job WHERE id = ?

-- name: page
SELECT id, plan, state, who, entry, created_at, started_at, ended_at,
  (SELECT coalesce(json_group_object(outcome, items), '{}') FROM job_count WHERE job_id = job.id)
FROM job WHERE id < :before ORDER BY id DESC LIMIT :limit

-- name: at_work
SELECT id, plan, state, who, entry, created_at, started_at, ended_at,
  (SELECT coalesce(json_group_object(outcome, items), '{}') FROM job_count WHERE job_id = job.id)
FROM job WHERE ended_at IS NULL AND state <> 'ready' ORDER BY id

-- name: groups
SELECT cause, source, nullif(sequence, ''), items FROM job_group WHERE job_id = ?
ORDER BY items DESC, cause, source, sequence LIMIT ?

-- name: items
SELECT batch_id, position, kind, letter_id, outcome, reason, tries, ended_at FROM job_item
WHERE job_id = :job AND (batch_id, position) > (:batch, :position)
ORDER BY batch_id, position LIMIT :limit

-- name: items_of
SELECT batch_id, position, kind, letter_id, outcome, reason, tries, ended_at
FROM job_item INDEXED BY job_item_outcome
WHERE job_id = :job AND outcome = :outcome AND (batch_id, position) > (:batch, :position)
ORDER BY batch_id, position LIMIT :limit

-- name: start
UPDATE job SET state = 'running', started_at = ? WHERE id = ? AND state = 'ready' RETURNING id

-- name: cancel
-- It has ended once the end of all that it sent is known, too.
UPDATE job SET state = 'cancelled', ended_at = CASE WHEN EXISTS (
  SELECT 1 FROM job_count WHERE job_id = job.id AND outcome = 'released' AND items > 0) THEN NULL ELSE CAST(:now AS BIGINT) END
WHERE id = :id AND state IN ('preparing', 'ready', 'running') RETURNING id

-- name: leave
UPDATE job_count SET outcome = 'left' WHERE job_id = ? AND outcome = 'pending'

-- name: seen
SELECT plan, created_at, seen_at, seen_kind, seen_id FROM job WHERE id = ? AND state = 'preparing'

-- name: saw
UPDATE job SET seen_at = :at, seen_kind = :kind, seen_id = :id WHERE id = :job

-- name: is_frozen
UPDATE job SET state = 'ready' WHERE id = ?

-- name: of_enrollments
SELECT enrollment_id, revision, CASE cause WHEN 'unknown' THEN batch_id END FROM delivery
WHERE enrollment_id IN (SELECT value FROM json_each(?))

-- name: of_events
SELECT id, position FROM event WHERE id IN (SELECT value FROM json_each(?))

-- name: add_item
INSERT INTO job_item (job_id, batch_id, position, kind, letter_id, at, revision, request_id, place)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: count
INSERT INTO job_count (job_id, outcome, items) VALUES (?, ?, ?)
ON CONFLICT (job_id, outcome) DO UPDATE SET items = job_count.items + excluded.items

-- name: group
INSERT INTO job_group (job_id, cause, source, sequence, items) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (job_id, cause, source, sequence) DO UPDATE SET items = job_group.items + excluded.items
