-- Purpose: copy what one service's PostgreSQL says of a budget, and how much of a window it has allowed itself; read how it stands.
-- KEYS: 1 what is set: points, window_ms, soft, "of:<service>" for each that declares it; 2 the present window.
-- ARGV: {service, version, points, window_ms, soft, edited_ms, index, may, taken_before}: the service may spend `may` points of window
--   `index`; of those it may have spent `taken_before` already if nothing is known here (0 and index -1 = nothing allowed yet).
-- Returns: [now, spent, flat parts, points, window_ms, soft]. Events: none.
-- Invariant: an older version never overwrites a newer one; after a loss what had been allowed counts as spent (rule 14).
--   The last edit by an operator holds, whatever is declared; without one the strictest declaration does.
local said = cmsgpack.unpack(ARGV[1])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = redis.call('HGET', KEYS[1], 'of:' .. said.service)
if not known or cmsgpack.unpack(known).version <= said.version then
  local kept = {version = said.version, points = said.points, window_ms = said.window_ms, soft = said.soft, edited_ms = said.edited_ms}
  redis.call('HSET', KEYS[1], 'of:' .. said.service, cmsgpack.pack(kept))
end
local all, best = redis.call('HGETALL', KEYS[1]), nil
for at = 1, #all, 2 do
  if string.sub(all[at], 1, 3) == 'of:' then
    local one = cmsgpack.unpack(all[at + 1])
    if not best or one.edited_ms > best.edited_ms
        or one.edited_ms == best.edited_ms and one.points * best.window_ms < best.points * one.window_ms then
      best = one
    end
  end
end
redis.call('HSET', KEYS[1], 'points', string.format('%d', best.points), 'window_ms', string.format('%d', best.window_ms), 'soft', best.soft)
local index = math.floor(now / best.window_ms)
if redis.call('HGET', KEYS[2], 'index') ~= string.format('%d', index) then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], 'index', string.format('%d', index))
  redis.call('PEXPIRE', KEYS[2], (index + 1) * best.window_ms - now + 60000)
end
if said.index == index then
  local own, may = 'spent:' .. said.service, 'may:' .. said.service
  if redis.call('HEXISTS', KEYS[2], may) == 0 and said.taken_before > 0 then
    redis.call('HINCRBY', KEYS[2], own, string.format('%d', said.taken_before))
    redis.call('HINCRBY', KEYS[2], 'spent', string.format('%d', said.taken_before))
  end
  if said.may > (tonumber(redis.call('HGET', KEYS[2], may)) or -1) then redis.call('HSET', KEYS[2], may, string.format('%d', said.may)) end
end
local held, parts = redis.call('HGETALL', KEYS[2]), {}
for at = 1, #held, 2 do
  if string.sub(held[at], 1, 5) == 'part:' then
    parts[#parts + 1], parts[#parts + 2] = tonumber(string.sub(held[at], 6)), tonumber(held[at + 1])
  end
end
return {now, tonumber(redis.call('HGET', KEYS[2], 'spent')) or 0, parts, best.points, best.window_ms, tostring(best.soft)}
