-- Purpose: one atomic move of a running job to its next time: after a failure, a snooze, a held lock or a 429.
-- KEYS: service-wide, one queue block.
-- ARGV: [id, generation, token, state ('retrying' or 'scheduled'), delay_ms, counts (1 = the attempt counted), wait_reason, kind, error, tomb_ms].
-- Returns: 1 moved, 2 was doomed and is gone, 0 stale. Events: `kind` (retrying, snoozed).
-- Invariant: the job is in exactly one of running and delayed at every instant; nothing is copied (never enqueue, then ack).
local id, keys = args[1], queue_keys(1)
local record = load(id)
if not holds(record, args[2], args[3]) then return 0 end
redis.call('ZREM', keys.running, id)
if record[DOOMED] == 1 then
  record[STATE] = 'cancelled'
  event(id, record, 'dropped')
  entomb(id, record, args[10])
  give_back(keys, {record})
  wake(keys.wake)
  return 2
end
record[STATE], record[DUE], record[WAIT_REASON], record[CHECK] = args[4], now + args[5], args[7], 1
if args[6] == 0 then record[ATTEMPTS] = record[ATTEMPTS] - 1 end
event(id, record, args[8], args[9])
record[TOKEN], record[PROGRESS] = '', ''
save(id, record)
redis.call('ZADD', keys.delayed, record[DUE], id)
if args[4] == 'retrying' then
  redis.call('HINCRBY', keys.count, 'retried', 1)
  redis.call('HINCRBY', keys.count, 'retrying', 1)
  tally(keys, {failed = 1, retried = 1, runs = {now - record[STARTED]}})
end
local is_room = give_back(keys, {record})
if is_room or redis.call('ZRANGE', keys.delayed, 0, 0)[1] == id then wake(keys.wake) end
return 1
