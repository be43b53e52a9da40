// Owns the state of the rebuild model: both identities, what the index holds, two reconcilers and one worker.
#pragma once

#include "search.h"

namespace rebuild {

// Names of identities and marks are (server's life << 4 | number); 0 is none. A mark has bit 7, a mark of a loss bit 6
// as well; bit 6 alone is an identity that was closed.
constexpr u8 MARK = 128, LOST = 64, CLOSED = 64, FRESH = 15;

struct Index {
    u8 sentinel, has_job, has_start, paused; // has_start: the log of starts fills the window; paused: version
};

struct Reconciler {
    u8 at, life, known, sentinel, mark, paused, full;
};

struct State {
    Index index, saved;
    u8 has_saved, life;
    u8 known;               // identity in PostgreSQL
    u8 paused;              // version in PostgreSQL: 1 is a pause
    u8 operator_at;         // 1 committed, 2 copied, 3 acknowledged
    u8 started;             // a start in the window
    u8 owes_job, owes_pause; // what this data set lost and nobody has put back
    u8 worker_identity, worker_life;
    Reconciler reconciler[2];
    u8 locked; // 1 + reconciler whose transaction holds the identity's row
    u8 restarts, flushes, outages, drops, closes;
    u8 pad[2];
};
static_assert(sizeof(State) == 40, "no padding that memcmp would see");

inline u8 life_of(u8 name) { return name >> 4 & 3; }

} // namespace rebuild
