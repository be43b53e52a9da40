-- Purpose: give up on a running job, or end it as cancelled; error, reason and arguments are kept.
-- KEYS: service-wide, one queue block.
-- ARGV: [id, generation, token, state ('dead', 'cancelled' or 'expired'), outcome, error].
-- Returns: 1 done, 0 stale. Events: dead, cancelled or expired.
-- Invariant: a dead job's outcome record has no TTL and leaves Redis only after PostgreSQL has it (rule 6).
local id, keys = args[1], queue_keys(1)
local record = load(id)
if not holds(record, args[2], args[3]) then return 0 end
redis.call('ZREM', keys.running, id)
conclude(id, record, args[4], args[5], args[6])
redis.call('HINCRBY', keys.count, args[4], 1)
if args[4] == 'dead' then tally(keys, {failed = 1, dead = 1, runs = {now - record[STARTED]}}) end
if give_back(keys, {record}) then wake(keys.wake) end
return 1
