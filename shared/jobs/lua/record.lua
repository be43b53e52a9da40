-- Purpose: the preamble of every script: key names, the fields of a job's record, the clock. Not a script itself.
-- KEYS: 1-9 service-wide in the order of keys.SERVICE_KEYS; then blocks of 12 a queue in the order of keys.QUEUE_KEYS.
-- ARGV: ARGV[1] is always the script's msgpack-encoded argument array, bound to `args`.
-- Returns: nothing. Invariant: now is the server's time, one for the whole call.
local JOBS, BODIES, OUTCOMES, UNSETTLED, EVENTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local SEQ, IDENTITY, TOMBS, SETTLE_WAKE = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local GENERATION, STATE, QUEUE, NAME, PRIORITY, SCORE, ATTEMPTS_MAX, ENQUEUED, TIMEOUT, DURABLE, AGE, DUE, WAIT_REASON,
      GROUP, ATTEMPTS, CRASHES, CHECK, TOKEN, STARTED, DOOMED, PROGRESS, WORKER, PARKED =
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23
-- A score is priority * BAND + a number that is never as large: the best priority first, within it who came first.
local BAND = 1e13
local FINAL = {completed = true, dead = true, cancelled = true, expired = true}
local TOMB = 'tomb'
local args = cmsgpack.unpack(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- The keys of the i-th queue block, i from 1. They are kept from call to call, by the first of them: made anew, a block is
-- a third of what a short call leaves to the interpreter's garbage collector.
local BLOCKS_KEPT = 1000
-- Not an empty table: that would be one of the call, made anew each time (script_texts.py).
local blocks, blocks_kept = {[''] = false}, 0
local function queue_keys(i)
  local at = 9 + (i - 1) * 12
  local keys = blocks[KEYS[at + 1]]
  if keys then return keys end
  if blocks_kept >= BLOCKS_KEPT then blocks, blocks_kept = {}, 0 end
  keys = {ready = KEYS[at + 1], delayed = KEYS[at + 2], running = KEYS[at + 3], conf = KEYS[at + 4],
          starts = KEYS[at + 5], count = KEYS[at + 6], wake = KEYS[at + 7], stats = KEYS[at + 8],
          parked = KEYS[at + 9], places = KEYS[at + 10], opened = KEYS[at + 11], turns = KEYS[at + 12]}
  blocks[keys.ready], blocks_kept = keys, blocks_kept + 1
  return keys
end

-- One token wakes one blocked worker; more than one waiting token would only wake it for nothing.
local function wake(key)
  if redis.call('LLEN', key) == 0 then redis.call('LPUSH', key, '1') end
end
