-- Purpose: leasing what a claim has chosen: record, lease, event, statistics. Not a script itself.
-- KEYS: as record.lua. ARGV: the claim's. Returns: nothing; it defines lease(), hand_out(), and what was handed out.
-- Invariant: the k-th job of a request has the token request.k, from 0 (rule 8).
local request, worker, lease_ms = args[2], args[3], args[4]
local jobs, given = {}, {}

local function hand_out(i, id, kept, long_body)
  local n = #jobs
  jobs[n + 1], jobs[n + 2], jobs[n + 3], jobs[n + 4] = i, id, kept, long_body
end

-- Lease these of the i-th queue; entries without a queued record are strays and have left the set.
local function lease(i, keys, ids, records)
  local bodies = long_bodies(ids, records)
  local saves, leases, waited, expiry = {}, {}, {}, string.format('%d', now + lease_ms)
  for at, id in ipairs(ids) do
    local record = records[at]
    if record and record[STATE] == 'queued' then
      local n_given, m = #given, #saves
      record[STATE], record[TOKEN], record[STARTED], record[WORKER] = 'running', request .. '.' .. n_given / 2, now, worker
      record[ATTEMPTS], record[PROGRESS] = record[ATTEMPTS] + 1, ''
      local packed = cmsgpack.pack(record)
      local kept = kept_as(record, packed)
      saves[m + 1], saves[m + 2] = id, kept
      leases[m + 1], leases[m + 2] = expiry, id
      given[n_given + 1], given[n_given + 2] = i, id
      event(id, record, 'started', '', packed)
      hand_out(i, id, kept, bodies[at])
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
