-- Purpose: end the claims of an index before its server is stopped, so that its log is known to hold every start.
-- KEYS: service-wide. ARGV: [].
-- Returns: 1 closed (by this call or before), 0 nothing to close: never opened, being rebuilt, or of another life of this
--   server and not reconciled since, so that starts may be missing already. Events: none.
-- Invariant: what stands in the log behind every start is this write; data that holds it has forgotten none of them (rule 14).
local present = redis.call('GET', IDENTITY)
if not present then return 0 end
if string.sub(present, 1, 7) == 'closed:' then return 1 end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local replica = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
local instance = run .. ':' .. replica .. ':'
if string.sub(present, 1, #instance) ~= instance then return 0 end
redis.call('SET', IDENTITY, 'closed:' .. present)
return 1
