-- Purpose: the gates of a claim: due jobs become ready; pause, global limit and rate decide how many may start.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines promote() and allowance().
-- Invariant: no window of window_ms ever holds more than `rate` starts; running never exceeds max_running.
local function promote(keys)
  local due = redis.call('ZRANGEBYSCORE', keys.delayed, '-inf', now, 'LIMIT', 0, 200)
  for _, id in ipairs(due) do
    redis.call('ZREM', keys.delayed, id)
    local record = load(id)
    if record and record[STATE] ~= TOMB then
      if record[STATE] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', -1) end
      record[STATE], record[WAIT_REASON] = 'queued', ''
      save(id, record)
      redis.call('ZADD', keys.ready, record[SCORE], id)
    end
  end
end

-- How many of `want` may start now; and if that is fewer, in how many ms time alone may allow more (-1 = it cannot).
-- The k-th start from now is allowed when the start `rate` places before it has left the window: an exact sliding log.
local function allowance(keys, want)
  local conf = redis.call('HMGET', keys.conf, 'paused', 'max_running', 'rate', 'window_ms')
  local rate, window = tonumber(conf[3] or '0') or 0, tonumber(conf[4] or '0') or 0
  if conf[1] == '1' then return 0, -1, rate end
  local n = want
  local limit = tonumber(conf[2] or '0') or 0
  if limit > 0 then n = math.max(0, math.min(n, limit - redis.call('ZCARD', keys.running))) end
  if rate == 0 then return n, -1, rate end
  for k = 1, math.min(n, rate) do
    local blocker = redis.call('LINDEX', keys.starts, rate - k)
    if blocker and tonumber(blocker) > now - window then
      return k - 1, math.max(1, tonumber(blocker) + window - now), rate
    end
  end
  return math.min(n, rate), -1, rate
end

-- Milliseconds until a queue of which n were allowed may have something; -1 when only an enqueue can change that.
local function wait_of(keys, n, wait)
  if redis.call('ZCARD', keys.ready) > 0 then
    if n == 0 then return wait end
    -- More is ready than this worker took: pass the baton to another idle one.
    wake(keys.wake)
    return 0
  end
  local next_due = redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')
  return next_due[2] and math.max(1, tonumber(next_due[2]) - now) or -1
end
