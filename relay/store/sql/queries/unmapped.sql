-- name: lacking
SELECT event.source, event.detail, lane.destination, lane.sequence, lane.location, lane.employee
FROM delivery
JOIN enrollment ON enrollment.id = delivery.enrollment_id
JOIN event ON event.id = enrollment.event_id
JOIN lane ON lane.id = delivery.lane_id
WHERE delivery.enrollment_id = ? AND delivery.state = 'dead' AND delivery.cause IN ('held', 'unmapped')

-- name: move_delivery
UPDATE delivery SET lane_id = :lane_id WHERE enrollment_id = :id

-- name: move_enrollment
UPDATE enrollment SET lane_id = :lane_id, note = :note WHERE id = :id

-- name: release
UPDATE delivery SET state = 'waiting', settled_at = NULL, cause = NULL, reason = NULL WHERE enrollment_id = ?
