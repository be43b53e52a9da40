// Owns the model of one idempotency key: a request that is repeated after lost answers, perhaps by two gateways at
// once, opens one job. After ledger.py: take_key(), pass_key(), submission.py: _open() and maintenance/sweeper.py.
#pragma once

#include "options.h"
#include "search.h"

namespace keys {

enum Caller : u8 { TO_SEND, LOOKED, KEYED, ANSWERED };
enum Job : u8 { NONE, LIVE, FINISHED, SWEPT };

struct State {
    u8 holder; // 1 + job that has the key
    u8 job[3];
    u8 caller[2], job_of[2]; // 1 + job the caller was told of, or will be
    u8 locked;               // 1 + caller whose transaction has written the key and not ended
    u8 outages, sweeps;
    u8 pad[5];
};
static_assert(sizeof(State) == 16, "no padding that memcmp would see");

class Model {
  public:
    using State = keys::State;

    explicit Model(Options &o)
        : outages_(o.number("outages", 0)), sweeps_(o.number("sweeps", 0)), unique_(o.rule("key.unique")),
          one_transaction_(o.rule("key.transaction")), kept_(o.rule("key.kept")) {}

    State initial() const {
        State s{};
        s.outages = outages_;
        s.sweeps = sweeps_;
        return s;
    }

    void canonical(State &) const {}

    void successors(const State &a, Moves<State> &moves) const {
        for (u8 i = 0; i < 2; i++) submit(a, i, moves);
        for (int j = 0; j < 3; j++) {
            State b = a;
            if (a.job[j] == LIVE) {
                b.job[j] = FINISHED;
                moves.step("the job finishes", b);
            } else if (a.job[j] == FINISHED && a.sweeps && !(kept_ && a.holder == j + 1)) {
                b.job[j] = SWEPT;
                b.sweeps--;
                moves.fault("sweeper: the job is beyond the newest 20,000 and goes", b);
            }
        }
    }

    std::vector<Goal<State>> goals() const {
        auto always = [](const State &) { return true; };
        auto is_told = [](const State &s) {
            return s.caller[0] == ANSWERED && s.caller[1] == ANSWERED && s.job[s.job_of[0] - 1];
        };
        return {{"request-unanswered", always, is_told}};
    }

    std::string describe(const State &s) const {
        char text[100];
        std::snprintf(text, sizeof text, "key -> job %d, jobs %d %d %d, answered %d %d", s.holder, s.job[0], s.job[1],
                      s.job[2], s.caller[0] == ANSWERED, s.caller[1] == ANSWERED);
        return text;
    }

  private:
    int jobs(const State &s) const { return (s.job[0] > 0) + (s.job[1] > 0) + (s.job[2] > 0); }

    void submit(const State &a, u8 i, Moves<State> &moves) const {
        State b = a;
        bool is_held = a.holder && (a.job[a.holder - 1] == LIVE || a.job[a.holder - 1] == FINISHED);
        if (a.caller[i] == TO_SEND && !(unique_ && a.locked)) {
            b.caller[i] = LOOKED;
            b.job_of[i] = is_held ? a.holder : 0;
            if (unique_ && one_transaction_) b.locked = i + 1;
            moves.step(is_held ? "submit: the key has its job" : "submit: the key is free, or its job is gone", b);
        } else if (a.caller[i] == LOOKED && !one_transaction_ && !a.job_of[i] && unique_ && a.holder) {
            b.caller[i] = KEYED;
            b.job_of[i] = a.holder;
            moves.step("submit: the key is taken by now", b);
        } else if (a.caller[i] == LOOKED && !one_transaction_ && !a.job_of[i]) {
            b.holder = i + 1;
            b.caller[i] = KEYED;
            moves.step("submit: first transaction, the key", b);
            if (a.outages) lose(b, i, "FAULT gateway dies before the second transaction", moves);
        } else if (a.caller[i] == LOOKED || a.caller[i] == KEYED) {
            commit(a, i, moves);
        }
    }

    void commit(const State &a, u8 i, Moves<State> &moves) const {
        State b = a;
        if (!a.job_of[i]) {
            int fresh = jobs(a);
            if (fresh == 3) return;
            b.job[fresh] = LIVE;
            b.holder = b.job_of[i] = fresh + 1;
        }
        b.caller[i] = ANSWERED;
        b.locked = 0;
        const char *violated = jobs(b) > 1 ? "key-runs-twice" : nullptr;
        moves.step("submit: commits, answers with the job", b, violated);
        if (a.outages) lose(b, i, "FAULT submit commits, its answer is lost, the caller repeats", moves);
    }

    void lose(State b, u8 i, const char *label, Moves<State> &moves) const {
        b.outages--;
        b.caller[i] = TO_SEND;
        b.job_of[i] = 0;
        b.locked = 0;
        moves.fault(label, b, jobs(b) > 1 ? "key-runs-twice" : nullptr);
    }

    int outages_, sweeps_;
    bool unique_, one_transaction_, kept_;
};

} // namespace keys
