-- Purpose: mark an index that PostgreSQL does not know as being rebuilt; claims are closed, since no identity matches a mark.
-- KEYS: service-wide.
-- ARGV: [prefix, nonce, known]; a mark begins with its prefix, which names the instance; known is PostgreSQL's identity.
-- Returns: the mark that stands: that of another rebuild of the same instance is shared. Events: none.
-- Invariant: a mark does not outlive the data it stands in: a flush takes both, so adopt.lua then refuses. A mark says "kept"
--   only in place of the closing of the identity that is known (close_index.lua); nothing else proves that no start is forgotten.
local present = redis.call('GET', IDENTITY)
if present and string.sub(present, 1, #args[1]) == args[1] then return present end
local mark = args[1] .. (present == 'closed:' .. args[3] and 'kept:' or 'lost:') .. args[2]
redis.call('SET', IDENTITY, mark)
return mark
