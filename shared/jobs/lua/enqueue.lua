-- Purpose: put jobs into the index, idempotently; also how relay, reconciler and rebuild put them back.
-- KEYS: service-wide, then one block per queue named in args.
-- ARGV: [deadline_ms, jobs]; deadline 0 = the caller holds the row's lock; each job:
--   [id, generation, queue_index, queue, name, priority, due_ms, attempts_max, attempts, crashes, check, durable, timeout_ms, body, wait_reason, state, group, is_fair?]
-- Returns: one status a job: 1 pushed, 0 refused (same or higher generation present), -1 late (past the deadline), -2 a live older generation.
-- Events: enqueued. Invariant: an id is present at most once, with its highest generation (rules 3, 4, 5).
local statuses, jobs = {}, args[2]
if args[1] > 0 and now > args[1] then
  for i = 1, #jobs do statuses[i] = -1 end
  return statuses
end
local woken, pushed, ids = {}, {}, {}
for i, job in ipairs(jobs) do ids[i] = job[1] end
local present = load_all(ids)
local sequence
local saves, bodies, places, newest, ready = {}, {}, {}, {}, {}

-- What an older generation left behind goes before the newer one comes.
local function clear(id, old, keys)
  if old[STATE] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', -1) end
  redis.call('ZREM', TOMBS, id)
  redis.call('ZREM', UNSETTLED, id)
  redis.call('HDEL', OUTCOMES, id)
  displace(keys, id, old)
end

local function write()
  if #saves == 0 then return end
  redis.call('HSET', JOBS, unpack(saves))
  redis.call('HSET', BODIES, unpack(bodies))
  for key, place in pairs(places) do redis.call('ZADD', key, unpack(place)) end
  saves, bodies, places = {}, {}, {}
end

for i, job in ipairs(jobs) do
  local id, generation, queue, due = job[1], job[2], job[3], job[7]
  local old = newest[id] or present[i]
  if old and old[GENERATION] >= generation then
    statuses[i] = 0
  elseif old and old[STATE] == 'running' then
    statuses[i] = -2
  else
    local keys = queue_keys(queue)
    if newest[id] then write() end
    if old then clear(id, old, keys) end
    sequence = sequence or redis.call('INCRBY', SEQ, #jobs) - #jobs
    local score = job[6] * 1e13 + sequence + i
    local record = {generation, 'queued', job[4], job[5], job[6], score, job[9], job[8], job[10], '', due, 0, 0,
                    job[11], now, job[12], '', job[15], '', job[13], job[17], ''}
    if job[18] then record[SCORE] = due <= now and turn_of(keys, record, sequence + i) or job[6] * 1e13 end
    local key, at = keys.ready, record[SCORE]
    if due <= now then
      ready[queue] = true
    else
      record[STATE], key, at = job[16], keys.delayed, due
      if job[16] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', 1) end
    end
    local packed, n = cmsgpack.pack(record), #saves
    saves[n + 1], saves[n + 2], bodies[n + 1], bodies[n + 2] = id, packed, id, job[14]
    places[key] = places[key] or {}
    local place = places[key]
    place[#place + 1], place[#place + 2] = at, id
    newest[id], woken[queue] = record, keys
    event(id, record, 'enqueued', '', packed)
    pushed[queue] = (pushed[queue] or 0) + 1
    statuses[i] = 1
  end
end
write()
for queue, keys in pairs(woken) do
  tally(keys, {enqueued = pushed[queue]})
  -- Something is ready; or a new earliest time came, and whoever sleeps until the old one must look again.
  if ready[queue] or newest[redis.call('ZRANGE', keys.delayed, 0, 0)[1]] then wake(keys.wake) end
end
return statuses
