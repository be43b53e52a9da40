// Owns the dispatch model: one job from submit to its settled outcome (rules 1-6, 8-10, 15), put together for the
// search.
#pragma once

#include "dispatch_loops.h"
#include "dispatch_pushers.h"

namespace dispatch {

class Model {
  public:
    using State = dispatch::State;

    explicit Model(Options &options) : rules_(options) {}

    State initial() const {
        State s{};
        s.is_clean = 1;
        s.losses = rules_.losses;
        s.kills = rules_.kills;
        s.freezes = rules_.freezes;
        s.crashes = rules_.crashes;
        s.outages = rules_.outages;
        s.drops = rules_.drops;
        s.requeues = rules_.requeues;
        s.cancels = rules_.cancels;
        return s;
    }

    void successors(const State &from, Moves<State> &moves) const {
        PusherMoves(rules_, from, moves).all();
        LoopMoves(rules_, from, moves).all();
        WorkerMoves(rules_, from, moves).all();
    }

    void canonical(State &s) const {
        if (rules_.client_tokens) dispatch::canonical(s);
    }

    std::vector<Goal<State>> goals() const {
        auto is_accepted = [](const State &s) { return s.row != ABSENT; };
        auto is_final = [](const State &s) { return s.row >= COMPLETED; };
        auto is_clean = [](const State &s) {
            bool is_idle = s.worker[0].at == IDLE && s.worker[1].at == IDLE;
            return s.row >= COMPLETED && is_idle && (s.index.entry == NOTHING || s.index.entry == TOMB);
        };
        return {{"job-stuck", is_accepted, is_final}, {"entry-stuck", is_accepted, is_clean}};
    }

    std::string describe(const State &s) const { return dispatch::describe(s); }

  private:
    Rules rules_;
};

} // namespace dispatch
