-- Each row of these is changed twice and then never again: dead versions go while there are few of them beside
-- those that stay, or the indexes of what waits would be full of them. Rows that are changed again and again
-- keep room beside them for their next version.
DO $$
BEGIN
  ALTER TABLE request_state SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 2000);
  ALTER TABLE delivery SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 2000);
  ALTER TABLE batch SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_limit = 2000);
  ALTER TABLE lane SET (fillfactor = 50);
  ALTER TABLE destination SET (fillfactor = 50);
  ALTER TABLE call_count SET (fillfactor = 50);
  ALTER TABLE rate_limit SET (fillfactor = 50);
  ALTER TABLE breaker SET (fillfactor = 50);
  ALTER TABLE source_hour SET (fillfactor = 50);
  ALTER TABLE destination_hour SET (fillfactor = 50);
  ALTER TABLE event_day SET (fillfactor = 50);
EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN
  NULL;  -- a database that is only like PostgreSQL has its own way
END $$;
