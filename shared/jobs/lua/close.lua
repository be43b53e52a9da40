-- Purpose: close a queue's gate for a while, because a provider said so: nothing of it starts until then.
-- KEYS: service-wide, one queue block.
-- ARGV: [closed_ms].
-- Returns: the time until which it is closed. Events: none.
-- Invariant: a shorter delay never takes back a longer one.
local keys = queue_keys(1)
local until_ms = math.max(now + args[1], tonumber(redis.call('HGET', keys.conf, 'closed_until')) or 0)
redis.call('HSET', keys.conf, 'closed_until', string.format('%d', until_ms))
return until_ms
