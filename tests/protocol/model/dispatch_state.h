// Owns the state of the dispatch model: one job's row, its entry in the index, two workers and every loop's own memory.
// It must never hold behaviour beyond naming tokens and workers alike when nothing tells them apart.
#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include "search.h"

namespace dispatch {

enum Row : u8 { ABSENT, LIVE, COMPLETED, DEAD, CANCELLED };
enum Entry : u8 { NOTHING, QUEUED, RUNNING, DELAYED, DONE, BURIED, TOMB };
enum Worker : u8 {
    IDLE,
    ASKING,    // its claim was made, the answer lost: it will ask again with the same request
    LEASED,    // has the job, has not begun it
    BODY,      // the job's function runs
    STEPPING,  // inside ctx.step(), which saw no row of this step
    COMMITTED, // the finishing unit of work is committed, Redis does not know yet
    FINISHED,  // ended well without database writes, Redis does not know yet
    FAILED,
    REFUSED, // PostgreSQL refused: the row is final or of another generation
    AGAIN,   // PostgreSQL did not answer: later, at no cost
};
enum Lock : u8 { FREE, RELAY, RECONCILER, IN_FLIGHT };

struct Index {
    u8 entry, gen, attempts, crashes, token, doomed, check, unsettled;
    u8 told;       // generation + 1 of an `enqueued` event that history has not read
    u8 granted[2]; // tokens that claim records remember for a repeated request
    u8 counter;    // only without rule 8: tokens counted by the server itself
};

struct Work {
    u8 at, gen, token, attempt, check, stepped;
};

struct State {
    u8 row, gen, pushed, lock;
    Index index, saved; // saved: what a restart with a cut log would bring back
    u8 has_saved;
    Work worker[2];
    u8 submitter, submitter_gen; // 1: its push is to come, before its deadline
    u8 relay, relay_gen;         // 1 locked and read, 2 pushed
    u8 reconciler,
        reconciler_gen; // 1 read a live row, 2 found it missing, 3 locked, 4 pushed; 5 read an entry, 6 stray
    u8 settler, settler_gen, settler_out; // 1 read a record, 2 committed it
    u8 cancel, cancel_gen; // 1 row is cancelled, entry is next; 2 (without its rule) entry gone, row is next
    u8 cancelled;          // generation + 1 of an acknowledged cancel
    u8 flight;             // generation + 1 of a commit still under way whose caller gave up
    u8 effects[2], step_effects[2], step_row[2], alarms[2], ran[2];
    u8 is_clean; // no fault so far
    u8 losses, kills, freezes, crashes, outages, drops, requeues, cancels;
    u8 pad[7];
};
static_assert(sizeof(State) == 80, "no padding that memcmp would see");

inline u8 &rename(u8 *names, u8 &count, u8 &token) {
    if (token) {
        if (!names[token]) names[token] = ++count;
        token = names[token];
    }
    return token;
}

// Tokens are random: only which of them are equal matters. Workers are alike.
inline void canonical(State &s) {
    auto key = [&](const Work &w) {
        return w.at << 12 | w.gen << 10 | w.attempt << 7 | w.check << 6 | w.stepped << 5 |
               (w.token && w.token == s.index.token) << 4 | (w.token && w.token == s.saved.token) << 3 |
               (w.token && (w.token == s.index.granted[0] || w.token == s.index.granted[1])) << 2 |
               (w.token && (w.token == s.saved.granted[0] || w.token == s.saved.granted[1])) << 1;
    };
    if (key(s.worker[1]) < key(s.worker[0])) std::swap(s.worker[0], s.worker[1]);
    u8 names[256] = {0}, count = 0;
    rename(names, count, s.index.token);
    rename(names, count, s.saved.token);
    for (auto &w : s.worker) rename(names, count, w.token);
    for (Index *index : {&s.index, &s.saved}) {
        for (auto &token : index->granted) rename(names, count, token);
        if (index->granted[0] < index->granted[1]) std::swap(index->granted[0], index->granted[1]);
    }
}

inline std::string describe(const State &s) {
    static const char *rows[] = {"-", "live", "completed", "dead", "cancelled"};
    static const char *entries[] = {"-", "queued", "running", "delayed", "done+record", "dead+record", "tombstone"};
    static const char *works[] = {"idle",      "asking",   "leased", "body",    "in step",
                                  "committed", "finished", "failed", "refused", "again"};
    char text[200];
    std::snprintf(text, sizeof text, "row=%s/g%d%s index=%s/g%d%s a%d c%d workers=%s,%s", rows[s.row], s.gen + 1,
                  s.pushed ? "/pushed" : "", entries[s.index.entry], s.index.gen + 1, s.index.doomed ? "/doomed" : "",
                  s.index.attempts, s.index.crashes, works[s.worker[0].at], works[s.worker[1].at]);
    return text;
}

} // namespace dispatch
