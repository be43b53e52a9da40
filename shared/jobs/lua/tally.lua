-- Purpose: per-minute statistics of a queue, kept inside the transitions themselves: one packed record a minute.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines bucket(), tally(), and count() for the end of every script.
-- Invariant: a script adds to a queue's minute once, whatever its batch; minutes older than 14 days go as new ones come.
local TALLY = {enqueued = 1, started = 2, completed = 3, failed = 4, retried = 5, dead = 6, waits = 7, runs = 8}
local MINUTES_KEPT = 20160

-- Histogram bucket of a duration as text: four a doubling, so that a percentile is known within 19 %.
local bucket_of = {}
local function bucket(ms)
  local known = bucket_of[ms]
  if not known then
    known = tostring(math.floor(4 * math.log(math.max(ms, 0) + 1) / math.log(2)))
    bucket_of[ms] = known
  end
  return known
end

local counted = {}

-- Add counts by name, and lists of durations under waits and runs, to what this call counts for a queue.
local function tally(keys, changes)
  local mine = counted[keys.stats] or {}
  counted[keys.stats] = mine
  for name, change in pairs(changes) do
    if type(change) == 'number' then
      mine[name] = (mine[name] or 0) + change
    else
      local all = mine[name] or {}
      for _, ms in ipairs(change) do all[#all + 1] = ms end
      mine[name] = all
    end
  end
end

-- At the end of a call: what it counted goes into the current minute of each queue.
local function count()
  local minute = math.floor(now / 60000)
  for stats, changes in pairs(counted) do
    local packed = redis.call('HGET', stats, minute)
    local kept = packed and cmsgpack.unpack(packed) or {0, 0, 0, 0, 0, 0, {}, {}}
    if not packed then redis.call('HDEL', stats, minute - MINUTES_KEPT, minute - MINUTES_KEPT - 1) end
    for name, change in pairs(changes) do
      local at = TALLY[name]
      if type(change) == 'number' then
        kept[at] = kept[at] + change
      else
        local histogram = kept[at]
        for _, ms in ipairs(change) do
          local b = bucket(ms)
          histogram[b] = (histogram[b] or 0) + 1
        end
      end
    end
    redis.call('HSET', stats, minute, cmsgpack.pack(kept))
  end
end
