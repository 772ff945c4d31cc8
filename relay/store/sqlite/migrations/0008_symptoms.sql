-- What dead letters of the same trouble have in common, so that they can be found and repaired together.
ALTER TABLE delivery ADD COLUMN symptom TEXT;
ALTER TABLE event ADD COLUMN symptom TEXT;
UPDATE delivery SET symptom = reason WHERE state = 'dead';
UPDATE event SET symptom = reason WHERE fate = 'parked';

DROP INDEX delivery_dead;
DROP INDEX event_parked;
CREATE INDEX delivery_dead ON delivery (settled_at, enrollment_id) WHERE state = 'dead';
CREATE INDEX event_parked ON event (created_at, id) WHERE fate = 'parked';
