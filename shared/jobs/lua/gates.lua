-- Purpose: the gates of a claim: due jobs become ready; pause, global limit and rate decide how many may start.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines promote(), allowance() and wait_of().
-- Invariant: no window of window_ms ever holds more than `rate` starts; running never exceeds max_running.
local function promote(keys)
  local due = redis.call('ZRANGEBYSCORE', keys.delayed, '-inf', now, 'LIMIT', 0, 200)
  for _, id in ipairs(due) do
    redis.call('ZREM', keys.delayed, id)
    local record = load(id)
    if record and record[STATE] ~= TOMB then
      if record[STATE] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', -1) end
      record[STATE], record[WAIT_REASON] = 'queued', ''
      if is_untimed(record) then record[SCORE] = turn_of(keys, record) end
      save(id, record)
      redis.call('ZADD', keys.ready, record[SCORE], id)
    end
  end
end

-- How many of `want` may start now; and if that is fewer, in how many ms time alone may allow more (-1 = it cannot).
-- The k-th start from now is allowed when the start `rate` places before it has left the window: an exact sliding log.
local function allowed(keys, conf, want, rate)
  local window, until_ms, closed_until = tonumber(conf[4]) or 0, tonumber(conf[5]) or 0, tonumber(conf[6]) or 0
  if conf[1] == '1' and (until_ms == 0 or until_ms > now) then return 0, until_ms > 0 and until_ms - now or -1 end
  if closed_until > now then return 0, closed_until - now end
  local n = want
  local limit = tonumber(conf[2] or '0') or 0
  if limit > 0 then n = math.max(0, math.min(n, limit - redis.call('ZCARD', keys.running))) end
  if rate == 0 then return n, n < want and -2 or -1 end
  for k = 1, math.min(n, rate) do
    local blocker = redis.call('LINDEX', keys.starts, rate - k)
    if blocker and tonumber(blocker) > now - window then
      return k - 1, math.max(1, tonumber(blocker) + window - now)
    end
  end
  return math.min(n, rate), n < want and -2 or -1
end

-- What a claim needs to know of a queue: how many may start, when more may, its rate, and what its other gates are.
local function allowance(keys, want)
  local conf = redis.call('HMGET', keys.conf, 'paused', 'max_running', 'rate', 'window_ms', 'paused_until',
                          'closed_until', 'gated', 'group_max', 'age_ms')
  local rate = tonumber(conf[3]) or 0
  local n, wait = allowed(keys, conf, want, rate)
  return {keys = keys, n = n, want = want, wait = wait, rate = rate, is_gated = conf[7] == '1', group_max = tonumber(conf[8]) or 0,
          age_ms = tonumber(conf[9]) or 60000}
end

-- Milliseconds until a queue may have something; -1 when only an enqueue can change that, -2 when an end can as well.
local function wait_of(queue, started)
  local keys = queue.keys
  local opens = queue.is_gated and tonumber(redis.call('ZRANGE', keys.opened, 0, 0, 'WITHSCORES')[2])
  if redis.call('ZCARD', keys.ready) > 0 or opens and opens <= now then
    if started == queue.n and queue.n < queue.want then return queue.wait end
    -- More is ready than this worker took: pass the baton to another idle one.
    wake(keys.wake)
    return 0
  end
  local due = tonumber(redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')[2])
  if opens and (not due or opens < due) then due = opens end
  return due and math.max(1, due - now) or -1
end
