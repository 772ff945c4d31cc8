-- Each index of hashes costs a page of the log for each enrollment: one does what two did.
ALTER TABLE enrollment DROP CONSTRAINT enrollment_dedupe_key_key;
DROP INDEX enrollment_contact;
CREATE UNIQUE INDEX enrollment_contact ON enrollment (contact_key, dedupe_key);
