-- What sources send, by event type and UTC day (counted from 1970), so that a change of theirs is seen.

CREATE TABLE event_type (
  id       INTEGER PRIMARY KEY,
  source   TEXT NOT NULL,
  name     TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  UNIQUE (source, name)
) STRICT;

CREATE TABLE event_day (
  type_id    INTEGER NOT NULL REFERENCES event_type (id),
  day        INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  events     INTEGER NOT NULL,
  ignored    INTEGER NOT NULL,  -- not wanted
  parked     INTEGER NOT NULL,
  email      INTEGER NOT NULL,  -- of those that were read; the fields below: of those with an e-mail address
  first_name INTEGER NOT NULL,
  last_name  INTEGER NOT NULL,
  phone      INTEGER NOT NULL,
  location   INTEGER NOT NULL,
  employee   INTEGER NOT NULL,
  PRIMARY KEY (type_id, day)
) STRICT, WITHOUT ROWID;
