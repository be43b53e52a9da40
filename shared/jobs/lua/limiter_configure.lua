-- Purpose: copy what one service says of a shared limiter from its PostgreSQL, and decide what holds.
-- KEYS: 1 log of grants; 2 what is set: points, window_ms, used, closed_until, paused_until (0 open, -1 without end), and
--   "of:<service>" and "pause:<service>" for each that declares it.
-- ARGV: [service, version, points, window_ms, edited_ms (0 = as declared), is_full (1 = grants may have been lost),
--   paused_until (ms, 0 open, -1 without end), pause_edited_ms (0 = nobody ever paused it)].
-- Returns: 1 applied, 0 older than what is there. Events: none.
-- Invariant: an older version never overwrites a newer one (rule 14). The last edit by an operator holds, whatever is declared;
--   without one the strictest declaration does. The last pause or resumption holds. After a loss the window begins used up.
local service, version, points, window, edited, is_full, pause, paused_at = unpack(cmsgpack.unpack(ARGV[1]))
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = redis.call('HGET', KEYS[2], 'of:' .. service)
if known and tonumber(string.match(known, '^%d+')) > version then return 0 end
redis.call('HSET', KEYS[2], 'of:' .. service, string.format('%d %d %d %d', version, points, window, edited))
if paused_at > 0 then redis.call('HSET', KEYS[2], 'pause:' .. service, string.format('%d %d', pause, paused_at)) end
local all, best, last = redis.call('HGETALL', KEYS[2]), nil, 0
for at = 1, #all, 2 do
  if string.sub(all[at], 1, 3) == 'of:' then
    local p, w, e = string.match(all[at + 1], '^%d+ (%d+) (%d+) (%d+)$')
    local said = {points = tonumber(p), window = tonumber(w), edited = tonumber(e)}
    if not best or said.edited > best.edited
        or said.edited == best.edited and said.points * best.window < best.points * said.window then
      best = said
    end
  elseif string.sub(all[at], 1, 6) == 'pause:' then
    local until_ms, said_at = string.match(all[at + 1], '^(-?%d+) (%d+)$')
    if tonumber(said_at) > last then last, pause = tonumber(said_at), until_ms end
  end
end
if last > 0 then redis.call('HSET', KEYS[2], 'paused_until', pause) end
redis.call('HSET', KEYS[2], 'points', string.format('%d', best.points), 'window_ms', string.format('%d', best.window))
if is_full == 1 then
  local closed = now + best.window + math.min(1000, math.floor(best.window / 10))
  redis.call('HSET', KEYS[2], 'closed_until', string.format('%d', closed))
end
return 1
