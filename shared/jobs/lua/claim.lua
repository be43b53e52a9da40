-- Purpose: decide at the moment of fetch which jobs may start, and lease them.
-- KEYS: service-wide, one block per queue asked for, then the claim record of this request.
-- ARGV: [identity, request, worker, lease_ms, wants]; wants[i] = jobs wanted of the i-th queue.
-- Returns: [status, now_ms, jobs, waits]: status 'ok' or 'closed' (index not reconciled); jobs flat, four values each:
--   queue_index, id, packed record, body (false = lost);
--   waits[i] = ms until the i-th queue may have something for us, -1 when only an enqueue can change that.
-- Events: started. Invariant: one live token a job; never above max_running; never more than `rate` starts in any window.
local identity, request, worker, lease_ms, wants = args[1], args[2], args[3], args[4], args[5]
if redis.call('GET', IDENTITY) ~= identity then return {'closed', now, {}, {}} end
local claim_key = KEYS[#KEYS]
local jobs, waits, given = {}, {}, {}

local function hand_out(i, id, packed, body)
  local n = #jobs
  jobs[n + 1], jobs[n + 2], jobs[n + 3], jobs[n + 4] = i, id, packed, body
end

-- What a request was given stands as queue index, id, queue index, id, …; the k-th pair's token is request.k (rule 8).
local remembered = redis.call('GET', claim_key)
if remembered then
  local pairs_given = cmsgpack.unpack(remembered)
  for at = 1, #pairs_given, 2 do
    local id = pairs_given[at + 1]
    local packed = redis.call('HGET', JOBS, id)
    local record = packed and cmsgpack.unpack(packed)
    if record and record[STATE] == 'running' and record[TOKEN] == request .. '.' .. (at - 1) / 2 then
      hand_out(pairs_given[at], id, packed, redis.call('HGET', BODIES, id))
    end
  end
  for i = 1, #wants do waits[i] = 0 end
  return {'ok', now, jobs, waits}
end

-- Lease what is ready of the i-th queue, at most n; entries without a queued record are strays and leave the set.
local function lease(i, keys, n)
  local ids = redis.call('ZRANGE', keys.ready, 0, n - 1)
  if #ids == 0 then return 0 end
  -- Removing comes first: a script that starts with it runs to its end even when memory is full, so that a full index drains.
  redis.call('ZREM', keys.ready, unpack(ids))
  local records, bodies = redis.call('HMGET', JOBS, unpack(ids)), redis.call('HMGET', BODIES, unpack(ids))
  local saves, leases, waited, expiry = {}, {}, {}, string.format('%d', now + lease_ms)
  for at, id in ipairs(ids) do
    local record = records[at] and cmsgpack.unpack(records[at])
    if record and record[STATE] == 'queued' then
      local n_given, m = #given, #saves
      record[STATE], record[TOKEN], record[STARTED], record[WORKER] = 'running', request .. '.' .. n_given / 2, now, worker
      record[ATTEMPTS], record[PROGRESS] = record[ATTEMPTS] + 1, ''
      local packed = cmsgpack.pack(record)
      saves[m + 1], saves[m + 2] = id, packed
      leases[m + 1], leases[m + 2] = expiry, id
      given[n_given + 1], given[n_given + 2] = i, id
      event(id, record, 'started', '', packed)
      hand_out(i, id, packed, bodies[at])
      waited[#waited + 1] = now - math.max(record[ENQUEUED], record[DUE])
    end
  end
  if #waited > 0 then
    redis.call('HSET', JOBS, unpack(saves))
    redis.call('ZADD', keys.running, unpack(leases))
    redis.call('HINCRBY', keys.count, 'started', #waited)
    tally(keys, {started = #waited, waits = waited})
  end
  return #waited
end

for i, want in ipairs(wants) do
  local keys = queue_keys(i)
  promote(keys)
  local n, wait, rate = allowance(keys, want)
  local started = n > 0 and lease(i, keys, n) or 0
  if started > 0 and rate > 0 then
    for _ = 1, started do redis.call('LPUSH', keys.starts, now) end
    redis.call('LTRIM', keys.starts, 0, rate - 1)
  end
  waits[i] = wait_of(keys, n, wait)
end
if #given > 0 then redis.call('SET', claim_key, cmsgpack.pack(given), 'PX', 60000) end
return {'ok', now, jobs, waits}
