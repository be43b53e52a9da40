// Owns the model of a unique job (at most one live per key, rule 14): the lock is a row, the index has a copy of it.
// The product keeps no copy: it asks the row (decisions/0013), which is this model without the steps of the copy.
#pragma once

#include "options.h"
#include "search.h"

namespace uniques {

struct State {
    u8 holder;      // 1 + job, in PostgreSQL
    u8 copy, saved; // 1 + job, in the index
    u8 has_saved;
    u8 job[2]; // 0 to come, 1 passed the copy, 2 live, 3 row is final, copy is next, 4 over
    u8 losses, outages;
};
static_assert(sizeof(State) == 8, "no padding that memcmp would see");

class Model {
  public:
    using State = uniques::State;

    explicit Model(Options &o)
        : losses_(o.number("losses", 0)), outages_(o.number("outages", 0)), in_rows_(o.rule("14.unique")),
          restores_(o.rule("14.unique-restore")) {}

    State initial() const {
        State s{};
        s.losses = losses_;
        s.outages = outages_;
        return s;
    }

    void canonical(State &) const {}

    void successors(const State &a, Moves<State> &moves) const {
        for (int i = 0; i < 2; i++) {
            submit(a, i, moves);
            finish(a, i, moves);
        }
        if (restores_ && a.copy != a.holder && in_rows_) {
            State b = a;
            b.copy = a.holder;
            moves.step("reconciler: copies the lock from its row", b);
        }
        faults(a, moves);
    }

    std::vector<Goal<State>> goals() const {
        auto always = [](const State &) { return true; };
        auto are_over = [](const State &s) { return s.job[0] == 4 && s.job[1] == 4; };
        return {{"unique-stuck", always, are_over}};
    }

    std::string describe(const State &s) const {
        char text[80];
        std::snprintf(text, sizeof text, "lock row=%d copy=%d jobs=%d,%d", s.holder, s.copy, s.job[0], s.job[1]);
        return text;
    }

  private:
    static const char *twice(const State &s) { return s.job[0] == 2 && s.job[1] == 2 ? "unique-job-twice" : nullptr; }

    void submit(const State &a, int i, Moves<State> &moves) const {
        State b = a;
        if (a.job[i] == 0 && !a.copy) {
            b.job[i] = 1;
            if (!in_rows_) {
                b.copy = i + 1;
                b.job[i] = 2;
            }
            moves.step(in_rows_ ? "submit: the copy says free" : "submit: takes the lock in the index", b, twice(b));
        } else if (a.job[i] == 1 && a.holder) {
            b.job[i] = 0;
            moves.step("submit: the row says held, refused", b);
        } else if (a.job[i] == 1) {
            b.job[i] = 2;
            b.holder = i + 1;
            if (a.outages) {
                State c = b;
                c.outages--;
                moves.fault("FAULT submit commits lock and job, dies before the copy", c, twice(c));
            }
            b.copy = i + 1;
            moves.step("submit: lock and job commit, then the copy", b, twice(b));
        }
    }

    void finish(const State &a, int i, Moves<State> &moves) const {
        State b = a;
        if (a.job[i] == 2) {
            b.job[i] = 3;
            if (b.holder == i + 1) b.holder = 0;
            moves.step("job: final in its row, which frees the lock", b);
        } else if (a.job[i] == 3) {
            b.job[i] = 4;
            if (b.copy == i + 1) b.copy = 0;
            moves.step("job: its copy of the lock goes", b);
        }
    }

    void faults(const State &a, Moves<State> &moves) const {
        if (!a.losses) return;
        State b = a;
        if (!a.has_saved) {
            b.saved = a.copy;
            b.has_saved = 1;
            moves.fault("(Redis' log reaches the disk)", b);
        }
        b.losses--;
        b.copy = b.saved = b.has_saved = 0;
        moves.fault("FAULT Redis loses everything", b);
        if (!a.has_saved) return;
        b.copy = a.saved;
        moves.fault("FAULT Redis restarts without the end of its log", b);
    }

    int losses_, outages_;
    bool in_rows_, restores_;
};

} // namespace uniques
