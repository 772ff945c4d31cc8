-- name: page
-- The newest first; :at, :kind and :id are those of the last letter that was seen.
SELECT kind, id, source, at, cause, reason, path, event_type, business_key, email, route, sequence, request_id FROM (
  SELECT * FROM (
    SELECT 'parked' AS kind, event.id, event.source, event.created_at AS at, 'unreadable' AS cause,
      event.reason, event.path, event.event_type, event.business_key, NULL AS email, NULL AS route,
      NULL AS sequence, event.request_id
    FROM event
    WHERE event.fate = 'parked' AND (event.created_at, 'parked', event.id) < (:at, :kind, :id)
      AND (:sources IS NULL OR event.source IN (SELECT value FROM json_each(:sources)))
      AND (:causes IS NULL OR 'unreadable' IN (SELECT value FROM json_each(:causes)))
      AND :sequences IS NULL AND :routes IS NULL AND :person IS NULL
      AND (:symptom IS NULL OR event.symptom = :symptom)
      AND (:since IS NULL OR event.created_at >= :since) AND (:until IS NULL OR event.created_at < :until)
      AND (:text IS NULL OR event.reason LIKE :text ESCAPE '\' OR event.event_type LIKE :text ESCAPE '\'
        OR event.path LIKE :text ESCAPE '\')
    ORDER BY event.created_at DESC, event.id DESC LIMIT :limit)
  UNION ALL
  SELECT * FROM (
    SELECT 'dead', delivery.enrollment_id, event.source, delivery.settled_at, delivery.cause, delivery.reason,
      NULL, event.event_type, event.business_key, enrollment.email, enrollment.route, lane.sequence,
      event.request_id
    FROM delivery
      JOIN enrollment ON enrollment.id = delivery.enrollment_id
      JOIN event ON event.id = enrollment.event_id
      JOIN lane ON lane.id = delivery.lane_id
    WHERE delivery.state = 'dead' AND (delivery.settled_at, 'dead', delivery.enrollment_id) < (:at, :kind, :id)
      AND (:sources IS NULL OR event.source IN (SELECT value FROM json_each(:sources)))
      AND (:causes IS NULL OR delivery.cause IN (SELECT value FROM json_each(:causes)))
      AND (:sequences IS NULL OR lane.sequence IN (SELECT value FROM json_each(:sequences)))
      AND (:routes IS NULL OR enrollment.route IN (SELECT value FROM json_each(:routes)))
      AND (:person IS NULL OR enrollment.email LIKE :person ESCAPE '\'
        OR CAST(enrollment.contact AS TEXT) LIKE :person ESCAPE '\')
      AND (:symptom IS NULL OR delivery.symptom = :symptom)
      AND (:since IS NULL OR delivery.settled_at >= :since) AND (:until IS NULL OR delivery.settled_at < :until)
      AND (:text IS NULL OR delivery.reason LIKE :text ESCAPE '\' OR event.event_type LIKE :text ESCAPE '\'
        OR event.business_key LIKE :text ESCAPE '\')
    ORDER BY delivery.settled_at DESC, delivery.enrollment_id DESC LIMIT :limit))
ORDER BY at DESC, kind DESC, id DESC LIMIT :limit

-- name: groups
SELECT cause, symptom, source, count(*), min(at), max(at) FROM (
  SELECT 'unreadable' AS cause, coalesce(event.symptom, event.reason, '') AS symptom, event.source,
    event.created_at AS at
  FROM event WHERE event.fate = 'parked'
      AND (:sources IS NULL OR event.source IN (SELECT value FROM json_each(:sources)))
      AND (:causes IS NULL OR 'unreadable' IN (SELECT value FROM json_each(:causes)))
      AND :sequences IS NULL AND :routes IS NULL AND :person IS NULL
      AND (:symptom IS NULL OR event.symptom = :symptom)
      AND (:since IS NULL OR event.created_at >= :since) AND (:until IS NULL OR event.created_at < :until)
      AND (:text IS NULL OR event.reason LIKE :text ESCAPE '\' OR event.event_type LIKE :text ESCAPE '\'
        OR event.path LIKE :text ESCAPE '\')
  UNION ALL
  SELECT delivery.cause, coalesce(delivery.symptom, delivery.reason, ''), event.source, delivery.settled_at
    FROM delivery
      JOIN enrollment ON enrollment.id = delivery.enrollment_id
      JOIN event ON event.id = enrollment.event_id
      JOIN lane ON lane.id = delivery.lane_id
  WHERE delivery.state = 'dead'
      AND (:sources IS NULL OR event.source IN (SELECT value FROM json_each(:sources)))
      AND (:causes IS NULL OR delivery.cause IN (SELECT value FROM json_each(:causes)))
      AND (:sequences IS NULL OR lane.sequence IN (SELECT value FROM json_each(:sequences)))
      AND (:routes IS NULL OR enrollment.route IN (SELECT value FROM json_each(:routes)))
      AND (:person IS NULL OR enrollment.email LIKE :person ESCAPE '\'
        OR CAST(enrollment.contact AS TEXT) LIKE :person ESCAPE '\')
      AND (:symptom IS NULL OR delivery.symptom = :symptom)
      AND (:since IS NULL OR delivery.settled_at >= :since) AND (:until IS NULL OR delivery.settled_at < :until)
      AND (:text IS NULL OR delivery.reason LIKE :text ESCAPE '\' OR event.event_type LIKE :text ESCAPE '\'
        OR event.business_key LIKE :text ESCAPE '\'))
GROUP BY cause, symptom, source ORDER BY count(*) DESC, max(at) DESC LIMIT :limit

-- name: letter
SELECT 'parked', event.id, event.source, event.created_at, 'unreadable', event.reason, event.path, event.event_type,
  event.business_key, NULL, NULL, NULL, event.request_id
FROM event WHERE event.fate = 'parked' AND :kind = 'parked' AND event.id = :id
UNION ALL
SELECT 'dead', delivery.enrollment_id, event.source, delivery.settled_at, delivery.cause, delivery.reason, NULL,
  event.event_type, event.business_key, enrollment.email, enrollment.route, lane.sequence, event.request_id
    FROM delivery
      JOIN enrollment ON enrollment.id = delivery.enrollment_id
      JOIN event ON event.id = enrollment.event_id
      JOIN lane ON lane.id = delivery.lane_id
WHERE delivery.state = 'dead' AND :kind = 'dead' AND delivery.enrollment_id = :id

-- name: story
SELECT request.source, request.received_at, request.method, request.query, request.headers, request.body,
  event.detail
FROM event JOIN request ON request.id = event.request_id WHERE event.id = ?

-- name: enrollment
SELECT event_id, contact, note FROM enrollment WHERE id = ?

-- name: attempts
SELECT attempt.batch_id, attempt.number, attempt.started_at, attempt.took, attempt.status, attempt.certainty,
  attempt.error, attempt.answer
FROM attempt WHERE batch_id IN (
  SELECT batch_id FROM delivery WHERE enrollment_id = :id
  UNION SELECT batch_id FROM former_batch WHERE enrollment_id = :id)
ORDER BY attempt.id

-- name: retry_enrollment
-- Whoever wants it sent now does not want it to be too late; but what is not over yet is waited for.
UPDATE delivery SET state = 'waiting', due_at = max(due_at, :now), start_at = NULL, batch_id = NULL,
  attempts = 0, replay = 1, settled_at = NULL, revision = revision + (cause <> 'unknown'), cause = NULL, reason = 'retried by an operator'
WHERE enrollment_id = :id AND state = 'dead' RETURNING enrollment_id

-- name: discard_enrollment
UPDATE delivery SET state = 'discarded', settled_at = :now, reason = :reason
WHERE enrollment_id = :id AND state = 'dead' RETURNING enrollment_id

-- name: parked_place
SELECT request_id, position FROM event WHERE id = ? AND fate = 'parked'

-- name: forget_fate
DELETE FROM event WHERE id = ? RETURNING source, event_type, created_at

-- name: discard_event
UPDATE event SET fate = 'discarded', reason = :reason WHERE id = :id AND fate = 'parked' RETURNING id

-- name: whole_batches
SELECT batch.id, json_group_array(delivery.enrollment_id)
FROM delivery JOIN batch ON batch.id = delivery.batch_id
WHERE delivery.enrollment_id IN (SELECT value FROM json_each(?)) AND batch.state = 'settled'
  AND delivery.state = 'dead' AND delivery.cause = 'unknown'
GROUP BY batch.id HAVING count(*) = batch.size

-- name: ready
SELECT enrollment.id, enrollment.email, enrollment.contact, enrollment.contact_key, enrollment.cooldown
FROM enrollment JOIN delivery ON delivery.enrollment_id = enrollment.id
WHERE enrollment.id IN (SELECT value FROM json_each(?)) AND delivery.state = 'waiting' AND delivery.batch_id IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM enrollment AS same JOIN delivery AS other ON other.enrollment_id = same.id
    WHERE same.contact_key = enrollment.contact_key AND other.state = 'sending')

-- name: open_again
-- One try of it counts as made: nothing that it meets may part its members.
UPDATE batch SET state = 'open', due_at = :now, lease_until = NULL, attempts = 1, replay = 1 WHERE id = :id

-- name: rejoin
UPDATE delivery SET state = 'sending', batch_id = :id WHERE enrollment_id IN (SELECT value FROM json_each(:members))
