// Owns what the scripts in shared/jobs/lua do to one entry; each function is one atomic call. It must never look at the
// row.
#pragma once

#include "dispatch_rules.h"
#include "dispatch_state.h"

namespace dispatch {

inline bool has_record(const Index &x) { return x.entry == DONE || x.entry == BURIED; }

inline bool waits_or_runs(const Index &x) { return x.entry == QUEUED || x.entry == RUNNING || x.entry == DELAYED; }

// What is about the server and not about the entry survives the entry.
inline void replace(Index &x, u8 entry, u8 gen) {
    Index kept = x;
    x = Index{};
    x.entry = entry;
    x.gen = gen;
    x.told = kept.told;
    x.granted[0] = kept.granted[0];
    x.granted[1] = kept.granted[1];
    x.counter = kept.counter;
}

inline void entomb(const Rules &rules, Index &x, u8 gen) {
    if (rules.tombstone)
        replace(x, TOMB, gen);
    else
        replace(x, NOTHING, 0);
}

// record.lua: conclude()
inline void conclude(const Rules &rules, Index &x, u8 entry) {
    if (!rules.record) {
        replace(x, NOTHING, 0); // the stream alone would have to carry the outcome
        return;
    }
    replace(x, entry, x.gen);
    x.unsettled = 1;
}

// enqueue.lua: 1 pushed, 0 refused, -2 a live older generation.
inline int push(const Rules &rules, Index &x, u8 gen, bool check, u8 attempts) {
    bool is_present = x.entry != NOTHING && (rules.record_present || waits_or_runs(x));
    if (is_present && x.gen >= gen && (rules.present || x.gen > gen)) return 0;
    if (x.entry == RUNNING && x.gen < gen) return -2;
    replace(x, QUEUED, gen);
    x.check = check;
    x.attempts = attempts;
    x.told = gen + 1;
    return 1;
}

inline bool holds(const Rules &rules, const Index &x, const Work &w) {
    if (x.entry != RUNNING) return false;
    return !rules.compare_tokens || (x.token == w.token && w.token && x.gen == w.gen);
}

// claim.lua, one job wanted of one queue.
inline void lease(Index &x, Work &w, u8 token) {
    x.entry = RUNNING;
    x.token = token;
    x.attempts++;
    w = Work{LEASED, x.gen, token, x.attempts, x.check, 0};
}

inline void put_back(Index &x, u8 entry, bool counts) {
    x.entry = entry;
    x.token = 0;
    x.check = 1;
    if (!counts) x.attempts--;
}

// retry.lua, release.lua
inline void again(const Rules &rules, Index &x, u8 entry, bool counts) {
    if (x.doomed)
        entomb(rules, x, x.gen);
    else
        put_back(x, entry, counts);
}

// reclaim.lua
inline void reclaim(const Rules &rules, Index &x) {
    if (rules.count_crashes) x.crashes++;
    if (x.doomed) {
        entomb(rules, x, x.gen);
    } else if (x.crashes >= rules.crashes_max) {
        conclude(rules, x, BURIED);
    } else {
        put_back(x, QUEUED, false);
    }
}

// drop.lua; true when it removed an entry.
inline bool drop(const Rules &rules, Index &x, u8 gen, bool is_holder) {
    if (x.entry == NOTHING || x.entry == TOMB) return false;
    if (rules.drop_generation && x.gen != gen) return false;
    if (x.entry == RUNNING && !is_holder && rules.doom) {
        x.doomed = 1;
        return false;
    }
    entomb(rules, x, x.gen);
    return true;
}

// settle.lua; true when it removed an entry.
inline bool settle(const Rules &rules, Index &x, u8 gen, u8 outcome) {
    x.unsettled = 0;
    if (x.entry == NOTHING || x.entry == TOMB) return false;
    if (!rules.settle_compares || (x.gen == gen && x.entry == outcome)) {
        entomb(rules, x, x.gen);
        return true;
    }
    if (has_record(x)) x.unsettled = 1;
    return false;
}

} // namespace dispatch
