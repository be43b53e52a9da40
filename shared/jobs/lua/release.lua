-- Purpose: give a running job back unstarted or unfinished, for a clean stop: its old place, no attempt spent.
-- KEYS: service-wide, one queue block.
-- ARGV: [id, generation, token, tomb_ms].
-- Returns: 1 released, 2 was doomed and is gone, 0 stale. Events: released.
-- Invariant: the score never changes, so a returned job keeps its position.
local id, keys = args[1], queue_keys(1)
local record = load(id)
if not holds(record, args[2], args[3]) then return 0 end
redis.call('ZREM', keys.running, id)
give_back(keys, {record})
if record[DOOMED] == 1 then
  record[STATE] = 'cancelled'
  event(id, record, 'dropped')
  entomb(id, record, args[4])
  wake(keys.wake)
  return 2
end
record[STATE], record[ATTEMPTS], record[CHECK] = 'queued', record[ATTEMPTS] - 1, 1
event(id, record, 'released')
record[TOKEN], record[PROGRESS] = '', ''
save(id, record)
redis.call('ZADD', keys.ready, record[SCORE], id)
wake(keys.wake)
return 1
