-- Purpose: decide at the moment of fetch which jobs may start, and lease them.
-- KEYS: service-wide, one block per queue asked for, then the claim record of this request.
-- ARGV: [identity, request, worker, lease_ms, wants]; wants[i] = jobs wanted of the i-th queue.
-- Returns: [status, now_ms, jobs, waits]: status 'ok' or 'closed' (index not reconciled); each job
--   [queue_index, id, token, generation, attempt, crashes, check, enqueued_ms, body];
--   waits[i] = ms until the i-th queue may have something for us, -1 when only an enqueue can change that.
-- Events: started. Invariant: one live token a job; never above max_running; never more than `rate` starts in any window.
local identity, request, worker, lease_ms, wants = args[1], args[2], args[3], args[4], args[5]
if redis.call('GET', IDENTITY) ~= identity then return {'closed', now, {}, {}} end
local claim_key = KEYS[#KEYS]
local jobs, waits, given = {}, {}, {}

local remembered = redis.call('GET', claim_key)
if remembered then
  for _, grant in ipairs(cmsgpack.unpack(remembered)) do
    local id, token = grant[2], grant[3]
    local record = load(id)
    if record and record[STATE] == 'running' and record[TOKEN] == token then
      jobs[#jobs + 1] = {grant[1], id, token, record[GENERATION], record[ATTEMPTS], record[CRASHES], record[CHECK],
                         record[ENQUEUED], redis.call('HGET', BODIES, id)}
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
  local records, bodies = load_all(ids), redis.call('HMGET', BODIES, unpack(ids))
  local saves, leases, waited = {}, {}, {}
  for at, id in ipairs(ids) do
    local record = records[at]
    if record and record[STATE] == 'queued' then
      local token = request .. '.' .. #given
      record[STATE], record[TOKEN], record[STARTED], record[WORKER] = 'running', token, now, worker
      record[ATTEMPTS], record[PROGRESS] = record[ATTEMPTS] + 1, ''
      saves[#saves + 1], saves[#saves + 2] = id, cmsgpack.pack(record)
      leases[#leases + 1], leases[#leases + 2] = now + lease_ms, id
      event(id, record, 'started')
      jobs[#jobs + 1] = {i, id, token, record[GENERATION], record[ATTEMPTS], record[CRASHES], record[CHECK],
                         record[ENQUEUED], bodies[at]}
      given[#given + 1] = {i, id, token}
      waited[#waited + 1] = now - math.max(record[ENQUEUED], record[DUE])
    end
  end
  if #saves > 0 then
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
  if redis.call('ZCARD', keys.ready) > 0 then
    if n > 0 then
      waits[i] = 0
      -- More is ready than this worker took: pass the baton to another idle one.
      wake(keys.wake)
    else
      waits[i] = wait
    end
  else
    local next_due = redis.call('ZRANGE', keys.delayed, 0, 0, 'WITHSCORES')
    waits[i] = next_due[2] and math.max(1, tonumber(next_due[2]) - now) or -1
  end
end
if #given > 0 then redis.call('SET', claim_key, cmsgpack.pack(given), 'PX', 60000) end
return {'ok', now, jobs, waits}
