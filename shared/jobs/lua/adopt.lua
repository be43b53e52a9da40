-- Purpose: open the claims of a rebuilt index.
-- KEYS: service-wide.
-- ARGV: [mark, identity].
-- Returns: 1 adopted, by this call or by the same one before; 0 the index was lost again since the mark was set, or adopted
--   by another. Events: none.
-- Invariant: an identity is only given to the very data that was rebuilt (rules 13, 14).
local present = redis.call('GET', IDENTITY)
if present == args[2] then return 1 end
if present ~= args[1] then return 0 end
redis.call('SET', IDENTITY, args[2])
return 1
