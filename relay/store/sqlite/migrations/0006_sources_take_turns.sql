-- Each source has a queue of its own, so that a long one delays no other.
ALTER TABLE request_state ADD COLUMN source TEXT NOT NULL DEFAULT '';
UPDATE request_state SET source = (SELECT source FROM request WHERE id = request_id);
DROP INDEX request_waiting;
CREATE INDEX request_waiting ON request_state (source, due_at) WHERE state = 'waiting';
