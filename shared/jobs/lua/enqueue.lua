-- Purpose: put jobs into the index, idempotently; also how relay, reconciler and rebuild put them back.
-- KEYS: service-wide, then one block per queue named in args.
-- ARGV: [deadline_ms, jobs]; deadline 0 = the caller holds the row's lock; each job:
--   [id, generation, queue_index, queue, name, priority, due_ms, attempts_max, attempts, crashes, check, durable, timeout_ms, body, wait_reason, state, group, created_ms, is_fair?]
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
  redis.call('HDEL', BODIES, id)
  displace(keys, id, old)
end

local function write()
  if #saves == 0 then return end
  redis.call('HSET', JOBS, unpack(saves))
  if #bodies > 0 then redis.call('HSET', BODIES, unpack(bodies)) end
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
    local record = {generation, UNTOUCHED, job[4], job[5], job[6], sequence + i, job[8], now, job[13], job[12], now - job[18]}
    local base, key = job[6] * BAND, keys.ready
    if job[19] then record[SCORE] = due <= now and turn_of(keys, record, sequence + i, job[17]) - base or 0 end
    if due > 0 or job[17] ~= '' or job[9] > 0 or job[10] > 0 or job[11] > 0 then
      record = whole(record)
      record[DUE], record[WAIT_REASON], record[GROUP] = due, due > now and job[15] or '', job[17]
      record[ATTEMPTS], record[CRASHES], record[CHECK] = job[9], job[10], job[11]
    end
    local at = record[STATE] == UNTOUCHED and base + record[SCORE] or record[SCORE]
    if due <= now then
      ready[queue] = true
    else
      record[STATE], key, at = job[16], keys.delayed, due
      if job[16] == 'retrying' then redis.call('HINCRBY', keys.count, 'retrying', 1) end
    end
    local packed, body, n, m = cmsgpack.pack(record), job[14], #saves, #bodies
    if #body > SHORT_BODY then bodies[m + 1], bodies[m + 2] = id, body end
    saves[n + 1], saves[n + 2] = id, kept_as(record, packed, #body <= SHORT_BODY and tail_of(body))
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
