-- Purpose: end attempts well; the outcome stays in the entry until PostgreSQL has it, unless it was committed there already.
-- KEYS: service-wide, one block per queue named in args.
-- ARGV: [tomb_ms, attempts, claimed]; each attempt [id, generation, token, queue_index, is_settled, outcome];
--   claimed[i] = true when a claim of the i-th queue follows in the same call: it wakes whom it leaves something to.
-- Returns: one status an attempt: 1 done, 0 stale (another token, generation or state).
-- Events: completed. Invariant: only the token holder completes; a second completion changes nothing (rules 3, 6, 8).
local attempts = args[2]
local statuses, ended, held, ids, taken, runs, left = {}, {}, {}, {}, {}, {}, {}
for i, attempt in ipairs(attempts) do ids[i] = attempt[1] end
local kept, records, ends_at = redis.call('HMGET', JOBS, unpack(ids)), {}, {}
for i, attempt in ipairs(attempts) do
  local id, queue = attempt[1], attempt[4]
  local record, to
  if kept[i] then record, to = read(kept[i]) end
  statuses[i] = 0
  if not taken[id] and holds(record, attempt[2], attempt[3]) then
    statuses[i], taken[id], records[i], ends_at[i] = 1, true, record, to
    held[#held + 1] = i
    if not ended[queue] then ended[queue], runs[queue], left[queue] = {}, {}, {} end
    local n = #ended[queue] + 1
    ended[queue][n], runs[queue][n], left[queue][n] = id, now - record[STARTED], record
  end
end
-- Removing comes first: a script that starts with it runs to its end even when memory is full.
for queue, done in pairs(ended) do redis.call('ZREM', queue_keys(queue).running, unpack(done)) end
local gone, long, settled, generations, saves, outcomes, unsettled = {}, {}, {}, {}, {}, {}, {}
for _, i in ipairs(held) do
  local attempt, record = attempts[i], records[i]
  local id = attempt[1]
  if ends_at[i] == -1 then long[#long + 1] = id end
  if record[DURABLE] == 0 then
    gone[#gone + 1] = id
    event(id, record, 'completed', '', string.sub(kept[i], 2, ends_at[i]))
  elseif attempt[5] == 1 then
    settled[#settled + 1], generations[#generations + 1] = id, record[GENERATION]
    event(id, record, 'completed', '', string.sub(kept[i], 2, ends_at[i]))
  else
    record[STATE], record[DUE], record[PROGRESS] = 'completed', 0, ''
    local n, now_packed = #saves, cmsgpack.pack(record)
    saves[n + 1], saves[n + 2], outcomes[n + 1], outcomes[n + 2] = id, kept_as(record, now_packed), id, attempt[6]
    unsettled[n + 1], unsettled[n + 2] = now, id
    event(id, record, 'completed', '', now_packed)
  end
end
if #gone > 0 then redis.call('HDEL', JOBS, unpack(gone)) end
if #long > 0 then redis.call('HDEL', BODIES, unpack(long)) end
entomb_all(settled, generations, args[1])
if #saves > 0 then
  redis.call('HSET', JOBS, unpack(saves))
  redis.call('HSET', OUTCOMES, unpack(outcomes))
  redis.call('ZADD', UNSETTLED, unpack(unsettled))
  wake(SETTLE_WAKE)
end
for queue, done in pairs(ended) do
  local keys = queue_keys(queue)
  redis.call('HINCRBY', keys.count, 'completed', #done)
  tally(keys, {completed = #done, runs = runs[queue]})
  -- A limit may just have opened for somebody else.
  if give_back(keys, left[queue]) and not args[3][queue] then wake(keys.wake) end
end
return statuses
