-- Purpose: tell that a worker process asks for jobs of some queues, or that it does not any more.
-- KEYS: one sorted set a queue: worker by the time until which it counts as alive.
-- ARGV: [worker, life_ms (0 = it is leaving)].
-- Returns: 1. Events: none.
-- Invariant: nothing is decided by it; whoever has not told for its life is forgotten, so that the sets stay small.
local worker, life = unpack(cmsgpack.unpack(ARGV[1]))
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
for _, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  if life > 0 then
    redis.call('ZADD', key, now + life, worker)
    redis.call('PEXPIRE', key, life)
  else
    redis.call('ZREM', key, worker)
  end
end
return 1
