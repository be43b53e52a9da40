-- Purpose: lease points of a limiter that services share, to be spent within its lease's life or not at all.
-- KEYS: 1 log of grants, newest first: "first_ms last_ms points"; 2 what is set: points, window_ms, used, closed_until, paused_until.
-- ARGV: [wanted points, points of the first start]; when fewer are left, as many as whole starts of that cost.
-- Returns: [points, life_ms, retry_ms]: without points, when to ask again; -1 = nobody has declared this limiter. Events: none.
-- Invariant: grants of any window_ms + life_ms never exceed `points`; since each is spent within life_ms, no window does either.
-- Grants close to each other share an entry that counts as if all were the last one, so that the log stays below 1,100 entries.
local wanted, first = unpack(cmsgpack.unpack(ARGV[1]))
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local set = redis.call('HMGET', KEYS[2], 'points', 'window_ms', 'used', 'closed_until', 'paused_until')
if not set[1] then return {0, 0, -1} end
local window, used, closed = tonumber(set[2]), tonumber(set[3]) or 0, tonumber(set[4]) or 0
local paused = tonumber(set[5]) or 0
local life = math.min(1000, math.floor(window / 10))

local function grant(at)
  local entry = redis.call('LINDEX', KEYS[1], at)
  if not entry then return nil end
  local from, last, points = string.match(entry, '^(%d+) (%d+) (%d+)$')
  return tonumber(from), tonumber(last), tonumber(points)
end

local gone = 0
for _ = 1, 200 do
  local _, last, points = grant(-1)
  if not last or last + window + life > now then break end
  redis.call('RPOP', KEYS[1])
  gone = gone + points
end
if gone > 0 then
  used = math.max(0, used - gone)
  redis.call('HSET', KEYS[2], 'used', string.format('%d', used))
end
if paused == -1 then return {0, life, window} end
closed = math.max(closed, paused)
if closed > now then return {0, life, closed - now} end
local free = math.max(0, tonumber(set[1]) - used)
local given = wanted <= free and wanted or math.floor(free / first) * first
if given == 0 then
  local freed, retry = free, window
  for at = 1, 100 do
    local _, last, points = grant(-at)
    if not last then break end
    freed, retry = freed + points, last + window + life - now
    if freed >= first then break end
  end
  return {0, life, math.max(1, retry)}
end
local from, _, points = grant(0)
if from and from > now - window / 1000 then
  redis.call('LSET', KEYS[1], 0, string.format('%d %d %d', from, now, points + given))
else
  redis.call('LPUSH', KEYS[1], string.format('%d %d %d', now, now, given))
end
redis.call('HSET', KEYS[2], 'used', string.format('%d', used + given))
return {given, life, 0}
