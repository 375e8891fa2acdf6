-- One plan for all batches, made once for each connection: planning took longer than deciding for the small batches that
-- most are. It must be the one that looks each item up by an index, as the plan is made whatever the tables hold then.
alter function supanest.admit(uuid[], uuid[], text[], boolean[]) set plan_cache_mode = 'force_generic_plan';
alter function supanest.admit(uuid[], uuid[], text[], boolean[]) set enable_hashjoin = off;
alter function supanest.admit(uuid[], uuid[], text[], boolean[]) set enable_mergejoin = off;
