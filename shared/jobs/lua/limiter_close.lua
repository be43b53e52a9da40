-- Purpose: empty a shared limiter for a while, because the provider behind it said so.
-- KEYS: 1 log of grants; 2 what is set.
-- ARGV: [closed_ms].
-- Returns: the time until which it is closed. Events: none.
-- Invariant: a shorter delay never takes back a longer one.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local closed = math.max(now + cmsgpack.unpack(ARGV[1])[1], tonumber(redis.call('HGET', KEYS[2], 'closed_until')) or 0)
redis.call('HSET', KEYS[2], 'closed_until', string.format('%d', closed))
return closed
