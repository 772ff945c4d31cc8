-- name: requests
-- These three count in one pass: SQLite groups by sorting every row of the ledger in memory.
SELECT 'waiting', count(*) FILTER (WHERE state = 'waiting'),
  'translated', count(*) FILTER (WHERE state = 'translated')
FROM request_state

-- name: accepted
SELECT count(*) FROM request

-- name: events
SELECT 'read', count(*) FILTER (WHERE fate = 'read'),
  'ignored', count(*) FILTER (WHERE fate = 'ignored'),
  'parked', count(*) FILTER (WHERE fate = 'parked'),
  'duplicate', count(*) FILTER (WHERE fate = 'duplicate'),
  'discarded', count(*) FILTER (WHERE fate = 'discarded')
FROM event

-- name: promised_events
SELECT coalesce(sum(events), 0) FROM request_state

-- name: enrollments
SELECT 'waiting', count(*) FILTER (WHERE state = 'waiting'),
  'sending', count(*) FILTER (WHERE state = 'sending'),
  'delivered', count(*) FILTER (WHERE state = 'delivered'),
  'dead', count(*) FILTER (WHERE state = 'dead'),
  'withdrawn', count(*) FILTER (WHERE state = 'withdrawn'),
  'suppressed', count(*) FILTER (WHERE state = 'suppressed'),
  'merged', count(*) FILTER (WHERE state = 'merged'),
  'discarded', count(*) FILTER (WHERE state = 'discarded')
FROM delivery

-- name: promised_enrollments
SELECT coalesce(sum(enrollments), 0) FROM event

-- name: letters
SELECT kind, count(*) FROM dead_letter GROUP BY kind

-- name: retired
SELECT what, count FROM retired

-- name: stray
SELECT (SELECT count(*) FROM delivery LEFT JOIN batch ON batch.id = delivery.batch_id
        WHERE delivery.state = 'sending' AND batch.state IS DISTINCT FROM 'open')
  + (SELECT count(*) FROM batch WHERE state = 'open' AND size <>
      (SELECT count(*) FROM delivery WHERE delivery.batch_id = batch.id AND delivery.state = 'sending'))

-- name: quarantined
SELECT count(*) FROM quarantine

-- name: oldest_waiting
SELECT min(due_at) FROM delivery WHERE state = 'waiting'

-- name: open_batches
SELECT count(*) FROM batch WHERE state = 'open'

-- name: calls
SELECT count(*) FROM attempt

-- name: pauses
SELECT name, paused_until, coalesce(paused_for, '') FROM destination WHERE paused_until > 0
UNION
SELECT destination || ' / sequence ' || sequence, paused_until, coalesce(paused_for, '')
FROM lane WHERE paused_until > 0
UNION
SELECT organization, rests_until, coalesce(rests_for, '') FROM rate_limit WHERE rests_until > 0
