-- Requests that could not be read yet and are tried again, however many wait beside them. None that is read at
-- the first try ever comes into it.
CREATE INDEX request_tried ON request_state (source, request_id)
  WHERE state = 'waiting' AND lease_until IS NULL AND attempts > 0;
