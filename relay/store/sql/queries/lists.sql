-- name: requests
SELECT request.id, request.source, request.received_at, request.method, length(request.body), request_state.state,
  request_state.attempts, request_state.due_at, (
    SELECT coalesce(json_group_object(fate, events), '{{}}') FROM (
      SELECT fate, count(*) AS events FROM (SELECT fate FROM event WHERE request_id = request.id LIMIT 1000) AS few
      GROUP BY fate) AS fates)
FROM request_state CROSS JOIN request ON request.id = request_state.request_id
WHERE {wanted}
ORDER BY request_state.request_id DESC LIMIT :limit

-- name: newest_requests
SELECT max(received_at) FROM (SELECT received_at FROM request WHERE id < ? ORDER BY id DESC LIMIT ?) AS few

-- name: request_from
SELECT id, received_at FROM request WHERE id >= ? ORDER BY id LIMIT 1

-- name: last_request
SELECT coalesce(max(id), 0) FROM request

-- name: enrollments
SELECT enrollment.id, event.request_id, event.id, event.source, event.kind, event.business_key, enrollment.route,
  lane.destination, lane.sequence, enrollment.email, enrollment.contact, delivery.state, delivery.cause,
  delivery.reason, enrollment.note, delivery.attempts, delivery.due_at, enrollment.created_at,
  delivery.settled_at, delivery.contact_id
FROM delivery
  CROSS JOIN enrollment ON enrollment.id = delivery.enrollment_id
  CROSS JOIN event ON event.id = enrollment.event_id
  CROSS JOIN lane ON lane.id = delivery.lane_id
WHERE {wanted}
ORDER BY delivery.enrollment_id DESC LIMIT :limit

-- name: newest_enrollments
SELECT max(created_at) FROM (SELECT created_at FROM enrollment WHERE id < ? ORDER BY id DESC LIMIT ?) AS few

-- name: enrollment_from
SELECT id, created_at FROM enrollment WHERE id >= ? ORDER BY id LIMIT 1

-- name: last_enrollment
SELECT coalesce(max(id), 0) FROM enrollment

-- name: find_waiting
SELECT enrollment_id FROM delivery INDEXED BY delivery_waiting
WHERE state = 'waiting' AND enrollment_id < :before ORDER BY enrollment_id DESC LIMIT :most

-- name: many_waiting
SELECT count(*) > :many FROM (SELECT 1 FROM delivery WHERE state = 'waiting' LIMIT :many + 1) AS few

-- name: find_sending
SELECT enrollment_id FROM delivery INDEXED BY delivery_sending
WHERE state = 'sending' AND enrollment_id < :before ORDER BY enrollment_id DESC LIMIT :most

-- name: find_dead
SELECT id FROM dead_letter WHERE kind = 'dead' AND id < :before ORDER BY id DESC LIMIT :most

-- name: find_apart
SELECT enrollment_id FROM delivery INDEXED BY delivery_apart
WHERE settled_at IS NOT NULL AND state <> 'delivered' AND state <> 'dead' AND state = :state
  AND enrollment_id < :before
ORDER BY enrollment_id DESC LIMIT :most

-- name: sequences
SELECT DISTINCT destination, sequence FROM lane

-- name: find_person
SELECT id FROM enrollment WHERE contact_key = :contact_key AND id < :before ORDER BY id DESC LIMIT :most

-- name: find_corrected
-- Enrollments that were of this address before somebody corrected it.
SELECT DISTINCT enrollment_id FROM (SELECT enrollment_id, before FROM correction ORDER BY id DESC LIMIT :newest) AS newest
WHERE instr(lower(CAST(before AS TEXT)), :address) > 0 ORDER BY enrollment_id DESC LIMIT :most

-- name: find_phone
SELECT id FROM enrollment
WHERE id >= :floor AND id < :before AND instr(contact, :phone) > 0 ORDER BY id DESC LIMIT :most

-- name: parked_naming
SELECT id FROM dead_letter
WHERE kind = 'parked' AND instr(' ' || person || ' ', ' ' || :address || ' ') > 0 ORDER BY id DESC LIMIT :most

-- name: events
SELECT id, request_id, position, source, event_type, fate, reason, path, kind, business_key, occurred_at,
  created_at, enrollments, detail
FROM event WHERE request_id = :request_id ORDER BY position LIMIT :limit

-- name: enrollments_of
SELECT id FROM enrollment WHERE event_id IN (SELECT value FROM json_each(:events)) LIMIT :limit

-- name: tail
SELECT id, request_id, position, source, event_type, fate, reason, path, kind, business_key, occurred_at,
  created_at, enrollments
FROM event WHERE id > :after ORDER BY id LIMIT :limit

-- name: newest_event
SELECT coalesce(max(id), 0) FROM event
