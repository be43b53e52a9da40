-- Purpose: the preamble of every script: key names, the packed job record, events, tombstones. Not a script itself.
-- KEYS: 1-9 service-wide in the order of keys.SERVICE_KEYS; then blocks of 8 a queue in the order of keys.QUEUE_KEYS.
-- ARGV: ARGV[1] is always the script's msgpack-encoded argument array, bound to `args`.
-- Returns: nothing. Invariant: a record is only written through save(), so every script agrees on its fields.
local JOBS, BODIES, OUTCOMES, UNSETTLED, EVENTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local SEQ, IDENTITY, TOMBS, SETTLE_WAKE = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local GENERATION, STATE, QUEUE, NAME, PRIORITY, SCORE, ATTEMPTS, ATTEMPTS_MAX, CRASHES, TOKEN, DUE, STARTED, DOOMED,
      CHECK, ENQUEUED, DURABLE, PROGRESS, WAIT_REASON, WORKER, TIMEOUT =
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
local FINAL = {completed = true, dead = true, cancelled = true, expired = true}
local TOMB = 'tomb'
local args = cmsgpack.unpack(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- The keys of the i-th queue block, i from 1.
local function queue_keys(i)
  local at = 9 + (i - 1) * 8
  return {ready = KEYS[at + 1], delayed = KEYS[at + 2], running = KEYS[at + 3], conf = KEYS[at + 4],
          starts = KEYS[at + 5], count = KEYS[at + 6], wake = KEYS[at + 7], stats = KEYS[at + 8]}
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

local function save(id, record)
  redis.call('HSET', JOBS, id, cmsgpack.pack(record))
end

-- One token wakes one blocked worker; more than one waiting token would only wake it for nothing.
local function wake(key)
  if redis.call('LLEN', key) == 0 then redis.call('LPUSH', key, '1') end
end

local function event(id, record, kind, extra)
  local due = record[STATE] ~= 'queued' and record[DUE] or 0
  redis.call('XADD', EVENTS, 'MAXLEN', '~', 10000, '*', 'e', cmsgpack.pack({id, record[GENERATION], record[QUEUE],
    record[NAME], record[STATE], kind, record[ATTEMPTS], now, due, record[TOKEN], record[WORKER], record[STARTED],
    extra or ''}))
end

-- A finished entry leaves a tombstone that outlives every submitter's push deadline (rule 5).
local function entomb(id, record, tomb_ms)
  redis.call('HDEL', BODIES, id)
  redis.call('HDEL', OUTCOMES, id)
  redis.call('ZREM', UNSETTLED, id)
  redis.call('HSET', JOBS, id, cmsgpack.pack({record[GENERATION], TOMB}))
  redis.call('ZADD', TOMBS, now + tomb_ms, id)
  local old = redis.call('ZRANGEBYSCORE', TOMBS, '-inf', now, 'LIMIT', 0, 20)
  for _, gone in ipairs(old) do
    redis.call('ZREM', TOMBS, gone)
    local packed = redis.call('HGET', JOBS, gone)
    if packed and cmsgpack.unpack(packed)[STATE] == TOMB then redis.call('HDEL', JOBS, gone) end
  end
end

-- The entry holds its final state and outcome until PostgreSQL has it (rule 6).
local function conclude(id, record, state, outcome, extra)
  record[STATE], record[DUE] = state, 0
  event(id, record, state, extra)
  record[TOKEN], record[PROGRESS] = '', ''
  save(id, record)
  redis.call('HSET', OUTCOMES, id, outcome)
  redis.call('ZADD', UNSETTLED, now, id)
  wake(SETTLE_WAKE)
end

-- True while `record` is the running attempt that holds `token` (rule 8).
local function holds(record, generation, token)
  return record ~= nil and record[STATE] == 'running' and record[GENERATION] == generation and record[TOKEN] == token
end
