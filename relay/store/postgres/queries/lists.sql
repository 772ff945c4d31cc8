-- name: find_corrected
SELECT DISTINCT enrollment_id
FROM (SELECT enrollment_id, before FROM correction ORDER BY id DESC LIMIT :newest) AS newest
WHERE strpos(lower(convert_from(before, 'UTF8')), :address) > 0 ORDER BY enrollment_id DESC LIMIT :most

-- name: find_phone
SELECT id FROM enrollment
WHERE id >= :floor AND id < :before AND position(CAST(:phone AS bytea) IN contact) > 0 ORDER BY id DESC LIMIT :most
