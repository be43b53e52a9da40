-- Purpose: entries as the index keeps them: the packed record of a job, and its body while that is short. Not a script itself.
-- KEYS: as record.lua. ARGV: none of its own. Returns: nothing; it defines read(), tail_of(), kept_as(), long_bodies(),
--   load(), load_all() and save().
-- Invariant: what is kept of a job is read by read() and made by kept_as(), so that every script agrees on it.
-- An entry is kept as msgpack [record], or [record, body] while the body is short: a hash of its own for it would cost
-- half as much again. The tail that follows a record is kept here as it came, for whoever writes the record back.
local SHORT_BODY = 1024
local tails = {}

-- The record of a job that is ready for its first start, with nothing to say from DUE on, ends there; its state is UNTOUCHED,
-- its score lacks the priority's part. whole() says all of it.
local UNTOUCHED = 0

local function whole(r)
  if r[STATE] ~= UNTOUCHED then return r end
  return {r[1], 'queued', r[3], r[4], r[5], r[5] * BAND + r[6], r[7], r[8], r[9], r[10], r[11],
          0, '', '', 0, 0, 0, '', 0, 0, '', '', ''}
end

-- Also returns how far the record goes; what follows is its tail.
local function read(kept)
  local to, record = cmsgpack.unpack_one(kept, 1)
  return whole(record), to
end

-- A short body as msgpack has bytes, which need not be text.
local function tail_of(body)
  local n = #body
  return n < 256 and string.char(196, n) .. body or string.char(197, math.floor(n / 256), n % 256) .. body
end

-- An entry as it is to be kept.
local function kept_as(record, packed, tail)
  tail = tail or tails[record]
  return tail and '\146' .. packed .. tail or '\145' .. packed
end

local function read_with_tail(kept)
  local record, to = read(kept)
  if to ~= -1 then tails[record] = string.sub(kept, to + 1) end
  return record
end

-- The long bodies among these entries, by place; false where one has none of its own.
local function long_bodies(ids, records)
  local bodies, long, places = {}, {}, {}
  for at, record in ipairs(records) do
    bodies[at] = false
    if record and not tails[record] then
      local n = #long + 1
      long[n], places[n] = ids[at], at
    end
  end
  if #long > 0 then
    for n, body in ipairs(redis.call('HMGET', BODIES, unpack(long))) do bodies[places[n]] = body end
  end
  return bodies
end

local function load(id)
  local kept = redis.call('HGET', JOBS, id)
  return kept and read_with_tail(kept) or nil
end

-- The records of many ids in one call; absent ones are false.
local function load_all(ids)
  if #ids == 0 then return {} end
  local records = redis.call('HMGET', JOBS, unpack(ids))
  for i, kept in ipairs(records) do records[i] = kept and read_with_tail(kept) or false end
  return records
end

-- Returns the record as it was packed, for the event that goes with it.
local function save(id, record)
  local packed = cmsgpack.pack(record)
  redis.call('HSET', JOBS, id, kept_as(record, packed))
  return packed
end
