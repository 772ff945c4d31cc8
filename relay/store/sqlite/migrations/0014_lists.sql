-- Enrollments that went no further are few beside those that were delivered: lists find them by their state.
CREATE INDEX delivery_apart ON delivery (state, enrollment_id)
  WHERE settled_at IS NOT NULL AND state <> 'delivered' AND state <> 'dead';

-- The highest number of an event that is gone, since it is read again under another: none is given twice.
CREATE TABLE forgotten_event (last INTEGER NOT NULL) STRICT;
INSERT INTO forgotten_event VALUES (0);
