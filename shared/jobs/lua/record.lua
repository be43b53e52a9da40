-- Purpose: the preamble of every script: key names, the packed job record, events, tombstones. Not a script itself.
-- KEYS: 1-9 service-wide in the order of keys.SERVICE_KEYS; then blocks of 12 a queue in the order of keys.QUEUE_KEYS.
-- ARGV: ARGV[1] is always the script's msgpack-encoded argument array, bound to `args`.
-- Returns: nothing. Invariant: a record is only written through save(), so every script agrees on its fields.
local JOBS, BODIES, OUTCOMES, UNSETTLED, EVENTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local SEQ, IDENTITY, TOMBS, SETTLE_WAKE = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local GENERATION, STATE, QUEUE, NAME, PRIORITY, SCORE, ATTEMPTS, ATTEMPTS_MAX, CRASHES, TOKEN, DUE, STARTED, DOOMED,
      CHECK, ENQUEUED, DURABLE, PROGRESS, WAIT_REASON, WORKER, TIMEOUT, GROUP, PARKED =
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22
local FINAL = {completed = true, dead = true, cancelled = true, expired = true}
local TOMB = 'tomb'
local args = cmsgpack.unpack(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- The keys of the i-th queue block, i from 1.
local function queue_keys(i)
  local at = 9 + (i - 1) * 12
  return {ready = KEYS[at + 1], delayed = KEYS[at + 2], running = KEYS[at + 3], conf = KEYS[at + 4],
          starts = KEYS[at + 5], count = KEYS[at + 6], wake = KEYS[at + 7], stats = KEYS[at + 8],
          parked = KEYS[at + 9], places = KEYS[at + 10], opened = KEYS[at + 11], turns = KEYS[at + 12]}
end

local function load(id)
  local packed = redis.call('HGET', JOBS, id)
  return packed and cmsgpack.unpack(packed) or nil
end

-- The records of many ids in one call; absent ones are false.
local function load_all(ids)
  if #ids == 0 then return {} end
  local records = redis.call('HMGET', JOBS, unpack(ids))
  for i, packed in ipairs(records) do records[i] = packed and cmsgpack.unpack(packed) or false end
  return records
end

-- Returns the record as it was packed, for the event that goes with it.
local function save(id, record)
  local packed = cmsgpack.pack(record)
  redis.call('HSET', JOBS, id, packed)
  return packed
end

-- One token wakes one blocked worker; more than one waiting token would only wake it for nothing.
local function wake(key)
  if redis.call('LLEN', key) == 0 then redis.call('LPUSH', key, '1') end
end
