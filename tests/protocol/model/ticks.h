// Owns the model of two schedulers and one due tick (rule 15), with crashes and lost answers. After
// schedules/firing.py.
#pragma once

#include "options.h"
#include "search.h"

namespace ticks {

struct State {
    u8 next;    // the schedule row's next tick: 0 due, 1 later
    u8 at[2];   // 0 away, 1 has read a due tick, 2 (without its rule) has written the tick, the job is next
    u8 tick[2]; // which instant it read
    u8 rows;    // mask of tick rows by instant
    u8 jobs, crashes, outages;
    u8 locked; // 1 + scheduler that holds the schedule's row
    u8 pad[6];
};
static_assert(sizeof(State) == 16, "no padding that memcmp would see");

class Model {
  public:
    using State = ticks::State;

    explicit Model(Options &o)
        : crashes_(o.number("crashes", 0)), outages_(o.number("outages", 0)),
          one_transaction_(o.rule("15.transaction")), unique_(o.rule("15.unique")), locked_(o.rule("15.lock")),
          from_row_(o.rule("15.row")) {}

    State initial() const {
        State s{};
        s.crashes = crashes_;
        s.outages = outages_;
        return s;
    }

    void canonical(State &) const {}

    void successors(const State &a, Moves<State> &moves) const {
        for (u8 i = 0; i < 2; i++) {
            State b = a;
            if (!a.at[i] && !a.next && !(locked_ && a.locked)) {
                b.at[i] = 1;
                b.tick[i] = from_row_ ? 0 : i;
                if (locked_) b.locked = i + 1;
                moves.step("scheduler: reads a due schedule, its row locked", b);
            }
            if (a.at[i] == 1) fire(a, i, moves);
            if (a.at[i] == 2) {
                b.jobs++;
                end(b, i);
                moves.step("scheduler: second transaction, the job", b, b.jobs > 1 ? "tick-fired-twice" : nullptr);
            }
            if (a.at[i] && a.crashes) {
                b = a;
                b.crashes--;
                end(b, i);
                moves.fault("FAULT scheduler dies", b);
            }
        }
    }

    std::vector<Goal<State>> goals() const {
        return {{"tick-lost", [](const State &) { return true; }, [](const State &s) { return s.jobs == 1; }}};
    }

    std::string describe(const State &s) const {
        return "tick rows=" + std::to_string(s.rows) + " jobs=" + std::to_string(s.jobs) +
               (s.next ? " advanced" : " due");
    }

  private:
    void end(State &b, u8 i) const {
        b.at[i] = b.tick[i] = 0;
        if (b.locked == i + 1) b.locked = 0;
    }

    void fire(const State &a, u8 i, Moves<State> &moves) const {
        State b = a;
        bool is_taken = unique_ && (a.rows >> a.tick[i] & 1);
        b.next = 1;
        if (is_taken) {
            end(b, i);
            moves.step("scheduler: the tick has its row, schedule advances", b);
            return;
        }
        b.rows |= 1 << a.tick[i];
        b.jobs += one_transaction_;
        if (one_transaction_)
            end(b, i);
        else
            b.at[i] = 2;
        const char *violated = b.jobs > 1 ? "tick-fired-twice" : nullptr;
        moves.step(one_transaction_ ? "scheduler: tick, job and advance commit" : "scheduler: tick and advance commit",
                   b, violated);
        if (!a.outages) return;
        b.outages--;
        end(b, i);
        moves.fault("FAULT scheduler commits, PostgreSQL's answer is lost", b, violated);
        b = a;
        b.outages--;
        end(b, i);
        moves.fault("FAULT PostgreSQL goes away before the commit", b);
    }

    int crashes_, outages_;
    bool one_transaction_, unique_, locked_, from_row_;
};

} // namespace ticks
