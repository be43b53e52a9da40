// Owns the model of a job that kills its process beside one that does no harm, in one worker (dead after 3 crashes).
// After elsewhere.py and reclaim.lua: who was in two crashes runs in a process of its own.
#pragma once

#include "options.h"
#include "search.h"

namespace neighbours {

enum Entry : u8 { QUEUED, RUNNING, ALONE, BURIED, DONE };

struct State {
    u8 entry[2], crashes[2]; // job 0 kills its process
    u8 pad[4];
};
static_assert(sizeof(State) == 8, "no padding that memcmp would see");

class Model {
  public:
    using State = neighbours::State;

    explicit Model(Options &o) : counts_(o.rule("crash.count")), alone_(o.rule("crash.alone")) {}

    State initial() const { return State{}; }

    void canonical(State &) const {}

    void successors(const State &a, Moves<State> &moves) const {
        for (int i = 0; i < 2; i++) {
            State b = a;
            if (a.entry[i] == QUEUED) {
                b.entry[i] = alone_ && a.crashes[i] == 2 ? ALONE : RUNNING;
                moves.step(i ? "worker: claims the harmless job" : "worker: claims the job that kills", b);
            }
        }
        State b = a;
        if (a.entry[1] == RUNNING || a.entry[1] == ALONE) {
            b.entry[1] = DONE;
            moves.step("worker: the harmless job completes", b);
        }
        b = a;
        if (a.entry[0] == ALONE) {
            b.entry[0] = BURIED;
            moves.step("worker: the process of the job that kills dies, nothing else with it", b);
        }
        if (a.entry[0] != RUNNING) return;
        b = a;
        for (int i = 0; i < 2; i++) {
            if (a.entry[i] != RUNNING) continue;
            b.crashes[i] += counts_;
            b.entry[i] = b.crashes[i] >= 3 ? BURIED : QUEUED;
        }
        moves.step("worker: process dies, the reaper takes back what it held", b,
                   b.entry[1] == BURIED ? "harmless-job-buried" : nullptr);
    }

    std::vector<Goal<State>> goals() const {
        auto always = [](const State &) { return true; };
        auto are_over = [](const State &s) { return s.entry[0] == BURIED && s.entry[1] == DONE; };
        return {{"poison-lives-for-ever", always, are_over}};
    }

    std::string describe(const State &s) const {
        static const char *entries[] = {"queued", "running", "alone", "dead", "done"};
        char text[80];
        std::snprintf(text, sizeof text, "killer=%s/%d crashes harmless=%s/%d crashes", entries[s.entry[0]],
                      s.crashes[0], entries[s.entry[1]], s.crashes[1]);
        return text;
    }

  private:
    bool counts_, alone_;
};

} // namespace neighbours
