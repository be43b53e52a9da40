-- Purpose: decide at the moment of fetch which jobs may start, and lease them.
-- KEYS: service-wide, one block per queue asked for, then the claim record of this request.
-- ARGV: [identity, request, worker, lease_ms, wants, credits?, exchange's?, fair?]; wants[i] = jobs wanted of the i-th queue;
--   fair[i] = 1: its groups take turns;
--   credits: limiter -> [points leased, valid until ms, refused until ms (0 = it was not)].
-- Returns: [status, now_ms, jobs, waits, wanted]: status 'ok' or 'closed' (index not reconciled); jobs flat, four values each:
--   queue_index, id, entry as it is kept, body if the entry has none (false = it is in the entry, or lost);
--   waits[i] = ms until the i-th queue may have something for us, -1 when only an enqueue can change that, -2 when the
--     end of a running job can as well;
--   wanted flat: limiter, points that more starts would cost, those of the first of them.
-- Events: started. Invariant: one live token a job; never above max_running; never more than `rate` starts in any window.
local identity, wants = args[1], args[5]
if redis.call('GET', IDENTITY) ~= identity then return {'closed', now, {}, {}, {}} end
local claim_key = KEYS[#KEYS]
local waits = {}

-- What a request was given stands as queue index, id, queue index, id, …; the k-th pair's token is request.k (rule 8).
local remembered = redis.call('GET', claim_key)
if remembered then
  local pairs_given = cmsgpack.unpack(remembered)
  for at = 1, #pairs_given, 2 do
    local id = pairs_given[at + 1]
    local record = load(id)
    if record and record[STATE] == 'running' and record[TOKEN] == request .. '.' .. (at - 1) / 2 then
      hand_out(pairs_given[at], id, kept_as(record, cmsgpack.pack(record)), long_bodies({id}, {record})[1])
    end
  end
  for i = 1, #wants do waits[i] = 0 end
  return {'ok', now, jobs, waits, {}}
end

-- Whoever may start of a queue of which n may leaves the ready set and is leased.
-- Removing comes first: a script that starts with it runs to its end even when memory is full, so that a full index drains.
local function start(i, queue)
  queue.started = tonumber(redis.call('HGET', queue.keys.count, 'started')) or 0
  local ids, records
  if queue.is_gated then
    ids, records = admit(queue)
    if #ids == 0 then return 0 end
  else
    ids = candidates(queue.keys, queue.n, queue.started, queue.age_ms)
    if #ids == 0 then return 0 end
    redis.call('ZREM', queue.keys.ready, unpack(ids))
    records = load_all(ids)
  end
  local started = lease(i, queue.keys, ids, records)
  if args[8] and args[8][i] == 1 then served(queue.keys, records) end
  return started
end

for limiter, leased in pairs(args[6] or {}) do
  if leased[2] >= now then credits[limiter] = leased[1] end
  if leased[3] > now then refused[limiter] = leased[3] end
end
for i, want in ipairs(wants) do
  local keys = queue_keys(i)
  promote(keys)
  local queue = allowance(keys, want)
  local started = queue.n > 0 and start(i, queue) or 0
  if started > 0 and queue.rate > 0 then
    for _ = 1, started do redis.call('LPUSH', keys.starts, now) end
    redis.call('LTRIM', keys.starts, 0, queue.rate - 1)
  end
  waits[i] = wait_of(queue, started)
end
if #given > 0 then redis.call('SET', claim_key, cmsgpack.pack(given), 'PX', 60000) end
local wanted = {}
for limiter, points in pairs(asked) do
  local n = #wanted
  wanted[n + 1], wanted[n + 2], wanted[n + 3] = limiter, points[1], points[2]
end
return {'ok', now, jobs, waits, wanted}
