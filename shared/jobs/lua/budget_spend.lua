-- Purpose: spend points of a provider's budget for one call.
-- KEYS: 1 what is set; 2 the present window: index, spent, and for each service what it spent and may spend ("spent:<s>", "may:<s>").
-- ARGV: [service, cost].
-- Returns: [answer, ms until the next window, window index, 1 when this call crossed the soft cap]: 'spent', 'full' (wait),
--   'reserve' (have PostgreSQL allow this service more of the window first), 'unknown' (nobody has said what holds). Events: none.
-- Invariant: never more points in a window than the budget has; a service spends only what its PostgreSQL knows of.
local service, cost = unpack(cmsgpack.unpack(ARGV[1]))
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local set = redis.call('HMGET', KEYS[1], 'points', 'window_ms', 'soft')
if not set[1] then return {'unknown', 0, 0, 0} end
local points, window = tonumber(set[1]), tonumber(set[2])
local index = math.floor(now / window)
local left = (index + 1) * window - now
if redis.call('HGET', KEYS[2], 'index') ~= string.format('%d', index) then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], 'index', string.format('%d', index))
  redis.call('PEXPIRE', KEYS[2], left + 60000)
end
local held = redis.call('HMGET', KEYS[2], 'spent', 'spent:' .. service, 'may:' .. service)
local spent, own, may = tonumber(held[1]) or 0, tonumber(held[2]) or 0, tonumber(held[3]) or 0
if spent + cost > points then return {'full', left, index, 0} end
if own + cost > may then return {'reserve', left, index, 0} end
redis.call('HINCRBY', KEYS[2], 'spent', cost)
redis.call('HINCRBY', KEYS[2], 'spent:' .. service, cost)
-- 48 parts of a window tell how fast it is spent now.
redis.call('HINCRBY', KEYS[2], 'part:' .. math.floor((now - index * window) * 48 / window), cost)
local soft = points * tonumber(set[3])
return {'spent', left, index, (spent < soft and spent + cost >= soft) and 1 or 0}
