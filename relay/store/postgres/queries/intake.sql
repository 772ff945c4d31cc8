-- name: insert
-- A whole group in one statement, which is a transaction of its own.
WITH put AS (
  INSERT INTO request (source, received_at, method, query, headers, body)
  SELECT source, received_at::bigint, method, query, headers, body
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
    AS new (source, received_at, method, query, headers, body)
  RETURNING id, received_at, source)
INSERT INTO request_state (request_id, due_at, source) SELECT id, received_at, source FROM put
RETURNING request_id
