-- name: add_dead
INSERT INTO dead_letter (at, kind, id, source, cause, code, symptom, reason, path, event_type, business_key,
  request_id, route, destination, sequence, email, person)
SELECT CAST(:at AS BIGINT), 'dead', enrollment.id, event.source, :cause, :code, :symptom, :reason, NULL, event.event_type,
  event.business_key, event.request_id, enrollment.route, lane.destination, lane.sequence, enrollment.email, :person
FROM enrollment
  JOIN event ON event.id = enrollment.event_id
  JOIN lane ON lane.id = enrollment.lane_id
WHERE enrollment.id = :id

-- name: add_parked
INSERT INTO dead_letter (at, kind, id, source, cause, code, symptom, reason, path, event_type, business_key,
  request_id, route, destination, sequence, email, person)
SELECT CAST(:now AS BIGINT), 'parked', id, source, 'unreadable', NULL, :symptom, coalesce(reason, ''), path, event_type,
  business_key, request_id, NULL, NULL, NULL, NULL, :person
FROM event WHERE id = :id

-- name: body
SELECT body FROM request WHERE id = ?

-- name: remove
DELETE FROM dead_letter WHERE kind = ? AND id = ?

-- name: rename
UPDATE dead_letter SET email = :email, person = :person WHERE kind = 'dead' AND id = :id

-- name: held
SELECT id FROM dead_letter WHERE cause = 'held'

-- name: letter
SELECT kind, id, source, at, cause, code, symptom, reason, path, event_type, business_key, email, route,
  destination, sequence, request_id
FROM dead_letter WHERE kind = ? AND id = ?

-- name: page
-- The newest first; :at, :kind and :id are those of the last letter that was seen.
SELECT kind, id, source, at, cause, code, symptom, reason, path, event_type, business_key, email, route,
  destination, sequence, request_id
FROM dead_letter WHERE (at, kind, id) < (:at, :kind, :id) AND {wanted}
ORDER BY at DESC, kind DESC, id DESC LIMIT :limit

-- name: groups
SELECT cause, symptom, source, count(*), min(at), max(at) FROM dead_letter WHERE {wanted}
GROUP BY {by} ORDER BY count(*) DESC, max(at) DESC LIMIT :limit

-- name: count
SELECT count(*) FROM dead_letter
