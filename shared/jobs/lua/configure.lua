-- Purpose: copy a queue's settings from PostgreSQL into the index: pause, global limit, rate, limit a group, ageing.
-- KEYS: service-wide, one queue block.
-- ARGV: [version, paused (0 or 1), max_running, rate, window_ms, is_full (1 = starts may have been lost: the window begins full),
--   paused_until_ms (0 = without end), group_max (0 = none), age_ms].
-- Returns: 1 applied, 0 older than what is there. Events: none.
-- Invariant: an older version never overwrites a newer one (rule 14).
local keys = queue_keys(1)
local version = tonumber(redis.call('HGET', keys.conf, 'version') or '-1')
if version > args[1] then return 0 end
redis.call('HSET', keys.conf, 'version', args[1], 'paused', args[2], 'rate', args[4], 'window_ms', args[5],
           'paused_until', args[7], 'group_max', args[8], 'age_ms', args[9])
if args[3] > 0 then
  redis.call('HSET', keys.conf, 'max_running', args[3])
else
  redis.call('HDEL', keys.conf, 'max_running')
end
if args[6] == 1 then
  redis.call('DEL', keys.starts)
  for _ = 1, args[4] do redis.call('LPUSH', keys.starts, now) end
end
regate(keys)
wake(keys.wake)
return 1
